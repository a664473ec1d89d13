package api

import (
	"context"
	"net/http"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/channel"
)

// Account is a signed-in person.
type Account struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Kind     string `json:"kind" enum:"light,full" doc:"light: a display name alone; full: with a password or a passkey"`
	Operator bool   `json:"operator" doc:"opens channels on this server"`
	Language string `json:"language" enum:"en,fr" doc:"of letters"`
}

// Session is what a page knows of itself.
type Session struct {
	Account *Account `json:"account" doc:"null when nobody is signed in"`
	Setup   bool     `json:"setup" doc:"nobody has become the first owner yet"`
	Sandbox bool     `json:"sandbox" doc:"payments are a rehearsal, no real money"`
	Mail    bool     `json:"mail" doc:"this server can write to people"`
	// PasskeysOff says why passkeys do not work where the page is.
	PasskeysOff string `json:"passkeys_off" doc:"empty: passkeys work here; otherwise the reason why they do not"`
	Version     string `json:"version"`
}

// signedIn answers with a session and its cookie.
type signedIn struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      Session
}

type credentials struct {
	Body struct {
		Name     string `json:"name" maxLength:"120"`
		Password string `json:"password" maxLength:"800"`
	}
}

func (a *API) sessionRoutes() {
	route(a, "GET", "/api/session", "get-session", "Who am I", 200, func(ctx context.Context, _ *none) (*body[Session], error) {
		return answer(a.session(ctx, callerOf(ctx).session.Account))
	})
	route(a, "POST", "/api/session", "sign-in", "Sign in", 200, func(ctx context.Context, in *credentials) (*signedIn, error) {
		return a.opened(ctx)(a.opt.Accounts.SignIn(ctx, in.Body.Name, in.Body.Password, callerOf(ctx).visitor()))
	})
	route(a, "POST", "/api/accounts", "sign-up", "Make an account", 200, func(ctx context.Context, in *credentials) (*signedIn, error) {
		return a.opened(ctx)(a.opt.Accounts.SignUp(ctx, in.Body.Name, in.Body.Password, callerOf(ctx).visitor()))
	})
	route(a, "POST", "/api/session/light", "sign-in-lightly", "Sign in with a display name alone", 200,
		func(ctx context.Context, in *struct {
			Body struct {
				Name string `json:"name" maxLength:"120"`
			}
		},
		) (*signedIn, error) {
			return a.opened(ctx)(a.opt.Accounts.SignInLightly(ctx, in.Body.Name, callerOf(ctx).visitor()))
		})
	route(a, "POST", "/api/session/link", "sign-in-by-link", "Sign in with a one-time link", 200,
		func(ctx context.Context, in *struct {
			Body struct {
				Token string `json:"token" maxLength:"200"`
			}
		},
		) (*signedIn, error) {
			return a.opened(ctx)(a.opt.Accounts.SignInByLink(ctx, in.Body.Token, callerOf(ctx).visitor()))
		})
	route(a, "DELETE", "/api/session", "sign-out", "Sign out", 204, a.signOut)
	route(a, "POST", "/api/setup", "setup", "Become the first owner and open a channel", 200, a.setup)
}

func (a *API) session(ctx context.Context, who account.Account) (Session, error) {
	s := Session{Sandbox: a.opt.Sandbox != nil, Mail: a.opt.Accounts.Letters(), Version: a.opt.Version, PasskeysOff: a.passkeysOff(callerOf(ctx).request)}
	if who.ID != "" {
		s.Account = accountOf(who)
		return s, nil
	}
	var err error
	s.Setup, err = a.opt.Accounts.NeedsOwner(ctx)
	return s, err
}

func accountOf(who account.Account) *Account {
	kind := "light"
	if who.Full() {
		kind = "full"
	}
	return &Account{ID: string(who.ID), Name: who.Name, Kind: kind, Operator: who.Operator, Language: who.Language}
}

// opened answers with the cookie of a fresh session.
func (a *API) opened(ctx context.Context) func(account.Opened, error) (*signedIn, error) {
	return func(o account.Opened, err error) (*signedIn, error) {
		if err != nil {
			return nil, err
		}
		s, err := a.session(ctx, o.Session.Account)
		return &signedIn{SetCookie: callerOf(ctx).cookie(o.Token), Body: s}, err
	}
}

type signedOut struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

func (a *API) signOut(ctx context.Context, _ *none) (*signedOut, error) {
	c := callerOf(ctx)
	if c.token != "" {
		if err := a.opt.Accounts.SignOut(ctx, c.token); err != nil {
			return nil, err
		}
		a.opt.SignedOut(c.session.ID)
	}
	return &signedOut{SetCookie: c.cookie("")}, nil
}

func (a *API) setup(ctx context.Context, in *struct {
	Body struct {
		Token    string `json:"token" maxLength:"200"`
		Name     string `json:"name" maxLength:"120"`
		Password string `json:"password" maxLength:"800"`
		Handle   string `json:"handle" maxLength:"60"`
		Title    string `json:"title" maxLength:"200"`
	}
},
) (*signedIn, error) {
	b := in.Body
	if _, err := channel.CleanHandle(b.Handle); err != nil { // before the link is spent
		return nil, err
	}
	if _, err := channel.CleanTitle(b.Title); err != nil {
		return nil, err
	}
	opened, err := a.opt.Accounts.Found(ctx, b.Token, b.Name, b.Password, callerOf(ctx).visitor())
	if err != nil {
		return nil, err
	}
	facts := access.Facts{Account: opened.Session.Account.ID, Full: true, Operator: true}
	if _, err := a.opt.Channels.Open(ctx, facts, b.Handle, b.Title, b.Name); err != nil {
		return nil, err
	}
	return a.opened(ctx)(opened, nil)
}
