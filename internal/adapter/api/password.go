package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/account"
)

func (a *API) passwordRoutes() {
	asked(a, "PUT", "/api/account/password", "set-password", "Set or change the password", a.setPassword)
	asked(a, "POST", "/api/account/proof", "prove", "Show again who I am, before changing what opens my account",
		func(ctx context.Context, s account.Session, in *struct {
			Body struct {
				Password string `json:"password" maxLength:"800"`
			}
		},
		) (*none, error) {
			return nil, a.opt.Accounts.Prove(ctx, s, in.Body.Password)
		})
	route(a, "POST", "/api/password/forgotten", "forget-password", "Send a link that sets a new password; answers the same for every address", 204,
		func(ctx context.Context, in *struct {
			Body struct {
				Address string `json:"address" maxLength:"320"`
			}
		},
		) (*none, error) {
			return nil, a.opt.Accounts.Forgotten(ctx, in.Body.Address, callerOf(ctx).visitor())
		})
	route(a, "POST", "/api/password/reset", "reset-password", "Set a new password by such a link, and sign in", 200,
		func(ctx context.Context, in *struct {
			Body struct {
				Token    string `json:"token" maxLength:"200"`
				Password string `json:"password" maxLength:"800"`
			}
		},
		) (*signedIn, error) {
			opened, ended, err := a.opt.Accounts.Reset(ctx, in.Body.Token, in.Body.Password, callerOf(ctx).visitor())
			if err == nil {
				a.signedOut(ended)
			}
			return a.opened(ctx)(opened, err)
		})
}

func (a *API) setPassword(ctx context.Context, s account.Session, in *struct {
	Body struct {
		Password string `json:"password" maxLength:"800"`
		Current  string `json:"current,omitempty" maxLength:"800" doc:"not needed within ten minutes of showing a passkey"`
		Keep     bool   `json:"keep_sessions,omitempty" doc:"leave other browsers signed in"`
	}
},
) (*body[Session], error) {
	ended, err := a.opt.Accounts.SetPassword(ctx, s, in.Body.Current, in.Body.Password, in.Body.Keep)
	if err != nil {
		return nil, err
	}
	a.signedOut(ended)
	who, err := a.opt.Accounts.ByName(ctx, s.Account.Name)
	if err != nil {
		return nil, err
	}
	return answer(a.session(ctx, who))
}
