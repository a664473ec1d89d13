package hls

import (
	"context"
	"net/http"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// entrance asks the gate for each request, of lives and of recordings.
type entrance struct {
	gate   Gate
	caller func(*http.Request) ident.Account
	now    func() time.Time
}

// refuses says why a request by a ticket may not be answered: not all of the actions are
// allowed. nil: it may.
func (e entrance) refuses(r *http.Request, t ticket, all ...access.Action) *fault.Fault {
	ctx := r.Context()
	if f := e.decide(ctx, t.account, t.channel, all...); f != nil {
		return f
	}
	if t.account == "" || e.decide(ctx, "", t.channel, all...) == nil {
		return nil // the address of what is public may be passed on
	}
	if e.caller(r) == t.account {
		return nil
	}
	return fault.New(fault.Denied, "other_account", "This address was made for another account.")
}

func (e entrance) decide(ctx context.Context, account ident.Account, channel ident.Channel, all ...access.Action) *fault.Fault {
	for _, a := range all {
		decision, err := e.gate.Decide(ctx, access.Subject{Account: account, Channel: channel}, a)
		if err != nil {
			return unanswered(err)
		}
		if f := decision.Fault(e.now()); f != nil {
			return f
		}
	}
	return nil
}

// unanswered is the refusal where the gate did not answer.
func unanswered(err error) *fault.Fault {
	if f := fault.Of(err); f != nil {
		return f
	}
	return access.Unconfirmed().Because(err)
}
