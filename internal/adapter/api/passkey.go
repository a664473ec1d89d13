package api

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Passkey is a passkey as its person sees it.
type Passkey struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	CreatedAt Moment  `json:"created_at"`
	UsedAt    *Moment `json:"used_at" doc:"null: never yet"`
}

// Ceremony is what a browser hands to navigator.credentials.
type Ceremony struct {
	Ceremony string   `json:"ceremony" doc:"goes back with the answer, once, within five minutes"`
	Options  passover `json:"options" doc:"PublicKeyCredentialCreationOptionsJSON or PublicKeyCredentialRequestOptionsJSON of Web Authentication"`
}

// PasskeyAnswer is what the authenticator said.
type PasskeyAnswer struct {
	Ceremony string   `json:"ceremony" maxLength:"200"`
	Answer   passover `json:"answer" doc:"the credential's toJSON()"`
}

// passover is JSON of another standard, which passes through as it is.
type passover []byte

// MarshalJSON implements json.Marshaler.
func (p passover) MarshalJSON() ([]byte, error) { return p, nil }

// UnmarshalJSON implements json.Unmarshaler.
func (p *passover) UnmarshalJSON(b []byte) error {
	*p = append((*p)[:0], b...)
	return nil
}

// Schema implements huma.SchemaProvider.
func (passover) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

var _ json.Marshaler = passover(nil)

func (a *API) passkeyRoutes() {
	route(a, "POST", "/api/passkeys/ask", "ask-for-passkey", "Begin to ask for a passkey", 200, a.askForPasskey)
	route(a, "POST", "/api/session/passkey", "sign-in-by-passkey", "Sign in with a passkey", 200,
		func(ctx context.Context, in *struct{ Body PasskeyAnswer }) (*signedIn, error) {
			site, err := a.site(callerOf(ctx).request)
			if err != nil {
				return nil, err
			}
			return a.opened(ctx)(a.opt.Accounts.SignInByPasskey(ctx, site, in.Body.Ceremony, in.Body.Answer, callerOf(ctx).visitor()))
		})
	asked(a, "POST", "/api/account/proof/passkey", "prove-by-passkey", "Show again who I am, with a passkey",
		func(ctx context.Context, s account.Session, in *struct{ Body PasskeyAnswer }) (*none, error) {
			site, err := a.site(callerOf(ctx).request)
			if err != nil {
				return nil, err
			}
			return nil, a.opt.Accounts.ProveByPasskey(ctx, s, site, in.Body.Ceremony, in.Body.Answer)
		})
	asked(a, "POST", "/api/account/passkeys/invite", "invite-passkey", "Begin to make a passkey", a.invitePasskey)
	asked(a, "POST", "/api/account/passkeys", "add-passkey", "Keep a passkey that was made", a.addPasskey)
	asked(a, "PATCH", "/api/account/passkeys/{passkey}", "rename-passkey", "Give a passkey another name",
		func(ctx context.Context, s account.Session, in *struct {
			InPasskey
			Body struct {
				Name string `json:"name" maxLength:"200"`
			}
		},
		) (*none, error) {
			return nil, a.opt.Accounts.RenamePasskey(ctx, s, ident.Passkey(in.Passkey), in.Body.Name)
		})
	asked(a, "DELETE", "/api/account/passkeys/{passkey}", "remove-passkey", "Remove a passkey, but not the last way in",
		func(ctx context.Context, s account.Session, in *InPasskey) (*none, error) {
			return nil, a.opt.Accounts.RemovePasskey(ctx, s, ident.Passkey(in.Passkey))
		})
}

type InPasskey struct {
	Passkey string `path:"passkey" maxLength:"40"`
}

func (a *API) askForPasskey(ctx context.Context, _ *none) (*body[Ceremony], error) {
	site, err := a.site(callerOf(ctx).request)
	if err != nil {
		return nil, err
	}
	return answer(ceremonyOf(a.opt.Accounts.AskForPasskey(ctx, site, callerOf(ctx).visitor())))
}

func (a *API) invitePasskey(ctx context.Context, s account.Session, _ *none) (*body[Ceremony], error) {
	site, err := a.site(callerOf(ctx).request)
	if err != nil {
		return nil, err
	}
	return answer(ceremonyOf(a.opt.Accounts.InvitePasskey(ctx, s, site, callerOf(ctx).visitor())))
}

func ceremonyOf(b account.Begun, err error) (Ceremony, error) {
	return Ceremony{Ceremony: b.Secret, Options: b.Options}, err
}

func (a *API) addPasskey(ctx context.Context, s account.Session, in *struct {
	Body struct {
		PasskeyAnswer
		Name string `json:"name" maxLength:"200" doc:"the person's own, 1 to 40 characters"`
	}
},
) (*body[Passkey], error) {
	site, err := a.site(callerOf(ctx).request)
	if err != nil {
		return nil, err
	}
	p, err := a.opt.Accounts.AddPasskey(ctx, s, site, in.Body.Ceremony, in.Body.Name, in.Body.Answer)
	return answer(passkeyOf(p), err)
}

func passkeyOf(p account.Passkey) Passkey {
	return Passkey{ID: string(p.ID), Name: p.Name, CreatedAt: Moment(p.Created), UsedAt: MomentOf(p.Used)}
}

// site returns what passkeys are bound to: the public address, or, on a server
// without one, localhost. An IP address can have no passkeys, and browsers keep
// them from pages that anybody could have changed on the way.
func (a *API) site(r *http.Request) (account.Site, error) {
	u, err := url.Parse(a.Address(r))
	if err != nil {
		return account.Site{}, err
	}
	site := account.Site{Name: strings.ToLower(u.Hostname()), Origin: u.Scheme + "://" + strings.ToLower(u.Host)}
	local := site.Name == "localhost" || strings.HasSuffix(site.Name, ".localhost")
	switch origin := r.Header.Get("Origin"); {
	case net.ParseIP(site.Name) != nil:
		return site, fault.New(fault.Conflict, "passkeys_need_name", "Passkeys are bound to a name, and an IP address is none.")
	case u.Scheme != "https" && !local:
		return site, fault.New(fault.Conflict, "passkeys_need_https", "Passkeys need an encrypted page.")
	case origin != "" && !strings.EqualFold(origin, site.Origin):
		return site, fault.New(fault.Conflict, "passkeys_elsewhere", "Passkeys of this server work at %s.", site.Origin)
	}
	return site, nil
}

// passkeysOff is the reason why passkeys do not work where the caller is; empty:
// they do.
func (a *API) passkeysOff(r *http.Request) string {
	_, err := a.site(r)
	if f := fault.Of(err); f != nil {
		return f.Reason
	}
	return ""
}
