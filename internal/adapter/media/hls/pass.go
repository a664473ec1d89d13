package hls

import (
	"context"
	"net/http"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

// Admit lets a request watch in another way than by playlist: with the same
// token, under the same rules. handle is the channel's, as it stands in the address.
func (d *Door) Admit(r *http.Request, token, handle string) (media.Ticket, error) {
	t, ok := d.signer.read(token, handle)
	if !ok {
		return media.Ticket{}, errInvalid()
	}
	if f := d.entrance().refuses(r, t, access.WatchLive); f != nil {
		return media.Ticket{}, f
	}
	out := media.Ticket{Session: t.session, Channel: t.channel, Broadcast: t.broadcast, Account: t.account}
	if t.account != "" && d.SignedIn != nil {
		if who, by := d.SignedIn(r); who == t.account {
			out.SignedIn = by
		}
	}
	return out, nil
}

// FreshFor is how old facts may be before Still has them read again. The rest of
// their lease is left for a read that is slow.
const FreshFor = 1500 * time.Millisecond

// Still says of each who was admitted whether they may go on watching: nil, or the
// refusal. Whatever has to be read for it is read in one go. 'unconfirmed' says that
// it could not be read, by the end of ctx or at all, and nothing else.
func (d *Door) Still(ctx context.Context, tickets []media.Ticket) []error {
	now := d.Now()
	stale := map[access.Subject]bool{}
	var ask []access.Subject
	for _, t := range tickets {
		if s := subjectOf(t); !stale[s] && now.Sub(d.Gate.ReadAt(s)) >= FreshFor {
			stale[s] = true
			ask = append(ask, s)
		}
	}
	facts, err := d.Gate.Renew(ctx, ask)
	if err != nil { // whoever may stay on older facts stays; nobody is asked about alone
		gone, cancel := context.WithCancel(ctx)
		cancel()
		ctx, stale = gone, nil
	}
	out := make([]error, len(tickets))
	for i, t := range tickets {
		s := subjectOf(t)
		f, read := facts[s]
		var refusal *fault.Fault
		switch {
		case read:
			refusal = access.Decide(f, access.WatchLive, now).Fault(now)
		case stale[s]:
			refusal = fault.New(fault.Missing, "channel_missing", "There is no such channel.")
		default:
			refusal = d.entrance().decide(ctx, t.Account, t.Channel, access.WatchLive)
		}
		if refusal != nil {
			out[i] = refusal
		}
	}
	return out
}

func subjectOf(t media.Ticket) access.Subject {
	return access.Subject{Account: t.Account, Channel: t.Channel}
}
