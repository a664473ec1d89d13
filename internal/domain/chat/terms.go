package chat

import (
	"context"
	"sync"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/text"
)

// Blocked refuses words that hold one of a channel's blocked terms, without saying
// which. Staff are exempt.
func Blocked(f access.Facts, terms []string, words string) error {
	if f.Role.Staff() || !text.NewTerms(terms).In(words) {
		return nil
	}
	return errBlocked()
}

func errBlocked() *fault.Fault {
	return fault.New(fault.Denied, "blocked_term", "Something in this is not written in this channel. Say it another way.")
}

// compiled keeps the blocked terms of channels ready. Facts say which count of
// their changes holds, so that nothing is read while nothing changes.
type compiled struct {
	mu    sync.Mutex
	known map[ident.Channel]countedTerms
}

type countedTerms struct {
	count int64
	terms text.Terms
}

// compiledMax bounds the channels whose terms are kept.
const compiledMax = 1000

// of returns the terms of the channels that facts are about, in a transaction.
func (c *compiled) of(ctx context.Context, tx Tx, facts map[access.Subject]access.Facts) (map[ident.Channel]text.Terms, error) {
	out := map[ident.Channel]text.Terms{}
	for s, f := range facts {
		if _, done := out[s.Channel]; done || f.Terms == 0 {
			continue
		}
		kept, ok := c.get(s.Channel)
		if !ok || kept.count != f.Terms {
			terms, err := tx.Terms(ctx, s.Channel)
			if err != nil {
				return nil, err
			}
			kept = countedTerms{f.Terms, text.NewTerms(terms)}
			c.put(s.Channel, kept)
		}
		out[s.Channel] = kept.terms
	}
	return out, nil
}

func (c *compiled) get(channel ident.Channel) (countedTerms, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept, ok := c.known[channel]
	return kept, ok
}

func (c *compiled) put(channel ident.Channel, terms countedTerms) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= compiledMax || c.known == nil {
		c.known = map[ident.Channel]countedTerms{}
	}
	c.known[channel] = terms
}
