package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// AccountDetails is what a person alone is shown of their account.
type AccountDetails struct {
	Name        string `json:"name"`
	HasPassword bool   `json:"has_password"`
	Mail        string `json:"mail" doc:"the confirmed address; empty: none"`
	MailWaiting string `json:"mail_waiting" doc:"an address that waits for its confirmation; empty: none"`

	Passkeys []Passkey `json:"passkeys" nullable:"false" doc:"the oldest first"`
}

// SignedIn is a browser in which the person is signed in.
type SignedIn struct {
	ID        string  `json:"id"`
	Browser   string  `json:"browser" doc:"such as Firefox; empty: it did not say"`
	System    string  `json:"system" doc:"such as Windows; empty: it did not say"`
	CreatedAt *Moment `json:"created_at" doc:"null: before this was kept"`
	SeenOn    *Moment `json:"seen_on" doc:"the day of its last request, in UTC"`
	Here      bool    `json:"here" doc:"the one that asks"`
}

// SignedInList is where a person is signed in, the newest first.
type SignedInList struct {
	Sessions []SignedIn `json:"sessions" nullable:"false"`
}

func (a *API) accountRoutes() {
	a.addressRoutes()
	a.passwordRoutes()
	a.passkeyRoutes()
	a.exportRoutes()
	asked(a, "GET", "/api/account", "get-account", "What is kept of my account", a.details)
	asked(a, "PUT", "/api/account/language", "set-language", "The language of letters to me",
		func(ctx context.Context, s account.Session, in *struct {
			Body struct {
				Language string `json:"language" enum:"en,fr"`
			}
		},
		) (*none, error) {
			return nil, a.opt.Accounts.SetLanguage(ctx, s, in.Body.Language)
		})
	asked(a, "GET", "/api/account/sessions", "list-sessions", "Where I am signed in", a.listSessions)
	asked(a, "DELETE", "/api/account/sessions/{session}", "end-session", "Sign out one browser",
		func(ctx context.Context, s account.Session, in *struct {
			Session string `path:"session" maxLength:"40"`
		},
		) (*none, error) {
			id := ident.Session(in.Session)
			err := a.opt.Accounts.EndSession(ctx, s, id)
			if err == nil {
				a.opt.SignedOut(id)
			}
			return nil, err
		})
	asked(a, "DELETE", "/api/account/sessions", "end-other-sessions", "Sign out every browser but this one",
		func(ctx context.Context, s account.Session, _ *none) (*none, error) {
			ended, err := a.opt.Accounts.EndOthers(ctx, s)
			a.signedOut(ended)
			return nil, err
		})
}

// asked registers an operation on the caller's own account. Without a session it
// refuses with 'sign_in'; without an answer it answers 204.
func asked[I, O any](a *API, method, path, id, summary string, h func(context.Context, account.Session, *I) (*O, error)) {
	status := 200
	if _, empty := any((*O)(nil)).(*none); empty {
		status = 204
	}
	route(a, method, path, id, summary, status, func(ctx context.Context, in *I) (*O, error) {
		session, err := callerOf(ctx).signedIn()
		if err != nil {
			return nil, err
		}
		return h(ctx, session, in)
	})
}

// signedOut closes at once what ended sessions still hold open.
func (a *API) signedOut(ended []ident.Session) {
	for _, id := range ended {
		a.opt.SignedOut(id)
	}
}

func (a *API) details(ctx context.Context, s account.Session, _ *none) (*body[AccountDetails], error) {
	has, err := a.opt.Accounts.AddressesOf(ctx, s)
	if err != nil {
		return nil, err
	}
	out := AccountDetails{
		Name: s.Account.Name, HasPassword: s.Account.Password != "", Mail: has.Confirmed, MailWaiting: has.Waiting, Passkeys: []Passkey{},
	}
	keys, err := a.opt.Accounts.PasskeysOf(ctx, s)
	for _, p := range keys {
		out.Passkeys = append(out.Passkeys, passkeyOf(p))
	}
	return answer(out, err)
}

func (a *API) listSessions(ctx context.Context, s account.Session, _ *none) (*body[SignedInList], error) {
	all, err := a.opt.Accounts.SessionsOf(ctx, s)
	if err != nil {
		return nil, err
	}
	out := &body[SignedInList]{SignedInList{Sessions: []SignedIn{}}}
	for _, x := range all {
		out.Body.Sessions = append(out.Body.Sessions, SignedIn{
			ID: string(x.ID), Browser: x.Device.Browser, System: x.Device.System,
			CreatedAt: MomentOf(x.Created), SeenOn: MomentOf(x.Seen), Here: x.ID == s.ID,
		})
	}
	return out, nil
}
