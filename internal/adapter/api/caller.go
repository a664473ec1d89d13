package api

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/dock"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// cookieName is the session's cookie.
const cookieName = "subspace_session"

// cookieLife is how long a browser keeps it, in seconds: 90 days.
const cookieLife = 90 * 24 * 60 * 60

// identifyLimit is how long the database may take to say who is calling.
const identifyLimit = 5 * time.Second

// caller is who makes a request, and from where.
type caller struct {
	session account.Session // zero when nobody is signed in
	token   string
	dock    *dock.Dock // by whose address the caller comes, and then has no session
	origin  string     // network address, for throttles
	secure  bool       // the browser speaks TLS
	request *http.Request
}

func (c caller) visitor() account.Visitor {
	return account.Visitor{
		Origin: c.origin, Device: deviceOf(c.request.UserAgent()), Language: pageLanguage(c.request.Header.Get("Accept-Language")),
	}
}

// account returns who is signed in; empty for nobody, and for whoever comes by the
// address of a dock: that is no session.
func (c caller) account() ident.Account { return c.session.Account.ID }

// actor returns who acts in a channel: who is signed in, or whom a dock stands for. The
// latter within the dock's scope, which the request's context bears.
func (c caller) actor() ident.Account {
	if c.dock != nil {
		return c.dock.Account
	}
	return c.account()
}

// signedIn returns the session, or the fault 'sign_in'.
func (c caller) signedIn() (account.Session, error) {
	if c.account() == "" {
		return account.Session{}, fault.New(fault.Denied, "sign_in", "Sign in first.")
	}
	return c.session, nil
}

type callerKey struct{}

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// identify finds out who is calling, before any handler runs.
func (a *API) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := caller{origin: a.opt.Proxies.Origin(r), secure: a.secure(r), request: r}
		if secret, is := dockSecret(r); is {
			a.identifyDock(w, r, c, secret, next)
			return
		}
		session, err := a.whose(r)
		if err != nil {
			a.opt.Log.Warn("sign-in cannot be checked", "err", err)
			f := fault.Of(err)
			if f == nil {
				f = fault.New(fault.Unavailable, "unconfirmed", "Your sign-in cannot be checked right now. Try again in a moment.")
			}
			WriteProblem(w, f)
			return
		}
		c.session, c.token = session, token(r)
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, c)))
	})
}

func (a *API) whose(r *http.Request) (account.Session, error) {
	ctx, cancel := context.WithTimeout(r.Context(), identifyLimit)
	defer cancel()
	session, _, err := a.opt.Accounts.Whose(ctx, token(r))
	return session, err
}

// Session returns who listens, to a socket or a playlist; false for nobody.
func (a *API) Session(r *http.Request) (account.Session, bool, error) {
	ctx, cancel := context.WithTimeout(r.Context(), identifyLimit)
	defer cancel()
	return a.opt.Accounts.Listening(ctx, token(r))
}

// Recall is Session from memory: not known when it would have to read. Nobody's
// session is empty.
func (a *API) Recall(r *http.Request) (who account.Session, known bool) {
	return a.opt.Accounts.Recall(token(r))
}

// Learn is Session for many requests, read in one go. Nobody's session is empty.
func (a *API) Learn(ctx context.Context, rs []*http.Request) ([]account.Session, error) {
	tokens := make([]string, len(rs))
	for i, r := range rs {
		tokens[i] = token(r)
	}
	return a.opt.Accounts.Learn(ctx, tokens)
}

// token returns what the session's cookie holds. It is looked for because
// http.Request.Cookie makes a copy of each cookie there is, and a crowd is asked. Beside
// the address of a dock it says nothing.
func token(r *http.Request) string {
	if _, is := dockSecret(r); is {
		return ""
	}
	for _, line := range r.Header["Cookie"] {
		for cookie := range strings.SplitSeq(line, ";") {
			if value, is := strings.CutPrefix(strings.TrimSpace(cookie), cookieName+"="); is {
				return strings.Trim(value, `"`)
			}
		}
	}
	return ""
}

// guard refuses what a foreign page makes a browser send (Sec-Fetch-Site, and
// Origin for older browsers, as SameOrigin reads it).
func (a *API) guard(next http.Handler) http.Handler {
	p := http.NewCrossOriginProtection()
	if a.opt.PublicURL != "" {
		if u, err := url.Parse(a.opt.PublicURL); err == nil {
			p.AddTrustedOrigin(u.Scheme + "://" + u.Host) //nolint:errcheck // config has checked the address
		}
	}
	refuse := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		WriteProblem(w, fault.New(fault.Denied, "foreign_origin", "This request came from another site's page."))
	})
	p.SetDenyHandler(refuse)
	kept := p.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asks := r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
		if !asks && r.Header.Get("Sec-Fetch-Site") == "" && !a.SameOrigin(r) {
			refuse(w, r) // the check above looks at hosts alone
			return
		}
		kept.ServeHTTP(w, r)
	})
}

// SameOrigin reports whether a socket may be opened: by one of our own pages, or
// by a program, which sends no Origin and no foreign browser's cookie. Where we are
// reached by TLS a page without it is not ours: whoever sits on the line wrote it.
func (a *API) SameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return false
	}
	if sameHost(u, a.opt.Proxies.Host(r)) {
		return u.Scheme == "https" || !a.secure(r)
	}
	public, err := url.Parse(a.opt.PublicURL)
	return err == nil && a.opt.PublicURL != "" && u.Scheme == public.Scheme && sameHost(u, public.Host)
}

// sameHost reports whether a host, with its port unless it is the scheme's own, is
// that of an origin.
func sameHost(origin *url.URL, host string) bool {
	own := map[string]string{"http": ":80", "https": ":443"}[origin.Scheme]
	return strings.EqualFold(strings.TrimSuffix(origin.Host, own), strings.TrimSuffix(host, own))
}

// secure reports whether the browser speaks TLS. A public address that does is
// enough: whoever forgets to name the proxy in front must not get a cookie that
// travels in the clear.
func (a *API) secure(r *http.Request) bool {
	return r.TLS != nil || a.opt.Proxies.Scheme(r) == "https" || strings.HasPrefix(a.opt.PublicURL, "https://")
}

// cookie returns the session's cookie; an empty token takes it away.
func (c caller) cookie(token string) http.Cookie {
	age := cookieLife
	if token == "" {
		age = -1
	}
	return http.Cookie{
		Name: cookieName, Value: token, Path: "/", MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: c.secure,
	}
}

// Proxies are the addresses whose forwarded headers count. From anybody else
// they are ignored.
type Proxies []netip.Prefix

func (p Proxies) trusted(r *http.Request) bool {
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	for _, prefix := range p {
		if prefix.Contains(addr.Addr().Unmap()) {
			return true
		}
	}
	return false
}

// Origin returns the network address of the caller: the last one in
// X-Forwarded-For that is not a configured proxy, or the connection's own.
func (p Proxies) Origin(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if !p.trusted(r) {
		return household(host)
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		addr, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		host = addr.String()
		if !p.contains(addr) {
			break
		}
	}
	return household(host)
}

// household maps an address to what one subscriber of a network usually has: an
// IPv6 customer gets a /64 (RFC 6177) and could draw any number of addresses.
func household(host string) string {
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Unmap().Is4() {
		return host
	}
	prefix, err := addr.Prefix(64)
	if err != nil {
		return host
	}
	return prefix.String()
}

func (p Proxies) contains(addr netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(addr.Unmap()) {
			return true
		}
	}
	return false
}

// Scheme returns http or https as the browser sees it.
func (p Proxies) Scheme(r *http.Request) string {
	if p.trusted(r) && r.Header.Get("X-Forwarded-Proto") == "https" || r.TLS != nil {
		return "https"
	}
	return "http"
}

// Host returns the host as the browser sees it.
func (p Proxies) Host(r *http.Request) string {
	if h := r.Header.Get("X-Forwarded-Host"); h != "" && p.trusted(r) {
		return h
	}
	return r.Host
}
