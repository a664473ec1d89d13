package hls

import (
	"context"
	"net/http"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/domain/access"
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
	return media.Ticket{Session: t.session, Channel: t.channel, Broadcast: t.broadcast, Account: t.account}, nil
}

// Still returns nil while whoever was admitted may go on watching, or the refusal.
func (d *Door) Still(ctx context.Context, t media.Ticket) error {
	decision, err := d.Gate.Decide(ctx, access.Subject{Account: t.Account, Channel: t.Channel}, access.WatchLive)
	if err != nil {
		return err
	}
	if f := decision.Fault(d.Now()); f != nil {
		return f
	}
	return nil
}
