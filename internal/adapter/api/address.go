package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/account"
)

func (a *API) addressRoutes() {
	asked(a, "PUT", "/api/account/mail", "add-address", "Send a link to an address; opening it makes it mine",
		func(ctx context.Context, s account.Session, in *struct {
			Body struct {
				Address string `json:"address" maxLength:"320"`
			}
		},
		) (*body[AccountDetails], error) {
			if err := a.opt.Accounts.AddAddress(ctx, s, in.Body.Address, callerOf(ctx).visitor()); err != nil {
				return nil, err
			}
			return a.details(ctx, s, nil)
		})
	asked(a, "POST", "/api/account/mail/confirm", "confirm-address", "Open the link that was sent to an address",
		func(ctx context.Context, s account.Session, in *struct {
			Body struct {
				Token string `json:"token" maxLength:"200"`
			}
		},
		) (*body[AccountDetails], error) {
			if err := a.opt.Accounts.ConfirmAddress(ctx, s, in.Body.Token, callerOf(ctx).visitor()); err != nil {
				return nil, err
			}
			return a.details(ctx, s, nil)
		})
	asked(a, "DELETE", "/api/account/mail/waiting", "keep-address", "Forget the address that waits for its confirmation",
		func(ctx context.Context, s account.Session, _ *none) (*none, error) {
			return nil, a.opt.Accounts.KeepAddress(ctx, s)
		})
	asked(a, "DELETE", "/api/account/mail", "remove-address", "Forget my addresses",
		func(ctx context.Context, s account.Session, _ *none) (*none, error) {
			return nil, a.opt.Accounts.RemoveAddress(ctx, s)
		})
}
