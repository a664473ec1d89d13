package patron

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// lapse is how long after the last paid day a patron whose line is never
// extended is given up: the longest grace an operator can set.
const lapse = 14 * 24 * time.Hour

// The kinds of event.
const (
	kindClaimed = "patron.claimed"
	kindRenewed = "patron.renewed"
	kindChanged = "patron.changed"
	kindShort   = "patron.shortened"
	kindLate    = "patron.late"
	kindEnded   = "patron.ended"
)

// word is what a list says about a patron.
type word struct {
	silent bool // there is no list, or the line is one that means nothing here
	gone   bool // the list has no such line any more
	line   line
}

// says is the list's word about a patron. A line that moved to another channel
// is gone from this one; one that names no channel of ours is no word at all.
func (l *list) says(p subscription.Patron) word {
	if l == nil {
		return word{silent: true}
	}
	at, listed := l.byCode[p.Code]
	if !listed {
		return word{gone: true}
	}
	x := l.lines[at]
	if !x.meant {
		return word{silent: true}
	}
	return word{gone: x.of != p.Channel, line: x}
}

// after is the patron as word and clock say, and the kind of event that tells of
// it; empty when nothing happened. It is pure: whichever node does it, and
// however late, the outcome is the same.
func after(was subscription.Patron, w word, now time.Time) (subscription.Patron, string) {
	is := was
	switch {
	case was.Status == subscription.StatusEnded:
		return was, ""
	case w.gone:
		return ended(is, now), kindEnded
	case !w.silent:
		if !w.line.until.Equal(is.PeriodEnd) {
			is.CancelAtPeriodEnd = w.line.until.Before(is.PeriodEnd)
			if !is.CancelAtPeriodEnd {
				is.PeriodStart = is.PeriodEnd
			}
			is.PeriodEnd = w.line.until
		}
		if is.Months = w.line.paid(is.Started, is.Before); is.Plan.Tier != w.line.plan.Tier {
			is.Plan = w.line.plan
		}
	}
	switch late := !now.Before(is.PeriodEnd); {
	case late && (is.CancelAtPeriodEnd || !now.Before(is.PeriodEnd.Add(lapse))):
		return ended(is, now), kindEnded
	case late:
		is.Status = subscription.StatusPastDue
	default:
		is.Status = subscription.StatusActive
	}
	return is, happened(was, is)
}

// ended is a patron whose right is over: now, or on the last paid day if that is
// past.
func ended(p subscription.Patron, now time.Time) subscription.Patron {
	p.Status, p.EndedAt = subscription.StatusEnded, now
	if p.PeriodEnd.Before(now) {
		p.EndedAt = p.PeriodEnd
	}
	return p
}

func happened(was, is subscription.Patron) string {
	switch {
	case is.PeriodEnd.After(was.PeriodEnd):
		return kindRenewed
	case is.PeriodEnd.Before(was.PeriodEnd):
		return kindShort
	case is.Status != was.Status:
		return kindLate
	case is.Plan != was.Plan || is.Months != was.Months:
		return kindChanged
	}
	return ""
}

// followPage is how many patrons are looked at in one transaction.
const followPage = 200

// follow brings every patron to what the list says now, and hands the inbox the
// events that tell of it. What it cannot hand over the inbox asks for later.
func (p *Patrons) follow(ctx context.Context, l *list, inbox Inbox) error {
	var troubles []error
	for last := ""; ; {
		var page []subscription.Patron
		err := p.Store.View(ctx, func(tx Tx) (err error) {
			page, err = tx.RunningPatrons(ctx, last, followPage)
			return err
		})
		if err != nil || len(page) == 0 {
			return errors.Join(append(troubles, err)...)
		}
		for _, was := range page {
			is, kind := after(was, l.says(was), p.moment())
			if kind == "" {
				continue
			}
			if err := p.write(ctx, is, kind, inbox); err != nil {
				troubles = append(troubles, fmt.Errorf("patron %s: %w", was.Ref, err))
			}
		}
		last = page[len(page)-1].Ref
	}
}

// write keeps a patron together with the event that tells of it. When another
// node was quicker, that one has told it.
func (p *Patrons) write(ctx context.Context, is subscription.Patron, kind string, inbox Inbox) error {
	e := p.event(is.Ref, is.Version+1, kind)
	var mine bool
	err := p.Store.Update(ctx, func(tx Tx) (err error) {
		if mine, err = tx.SetPatron(ctx, is); err != nil || !mine {
			return err
		}
		return tx.InsertPatronEvent(ctx, e)
	})
	if err != nil || !mine {
		return err
	}
	return inbox.Receive(ctx, told(e))
}

// event names a change by the version that it made, so that it is one event
// however often it is told.
func (p *Patrons) event(ref string, version int64, kind string) subscription.PatronEvent {
	return subscription.PatronEvent{
		ID: fmt.Sprintf("evt_%s_%d", ref, version), Kind: kind, Patron: ref, Ends: kind == kindEnded || kind == kindShort, Created: p.moment(),
	}
}

// moment is now as the store keeps it.
func (p *Patrons) moment() time.Time { return time.UnixMilli(p.Now().UnixMilli()).UTC() }
