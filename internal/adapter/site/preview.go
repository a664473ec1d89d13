// Package site fetches pages of other sites, for what they say of themselves.
//
// Owns: which addresses are dialled, how long and how much is read, what a page says
// in its head, how long it is remembered. Promises: only public addresses are
// dialled, whatever a name resolves to and wherever a page leads, and the check is
// made on the address that is really dialled; nothing of who wrote an address, and
// nothing that could sign anybody in, is sent; a page is asked for once in a while,
// however many ask; time, bytes and memory are bounded. Does not do: deciding whose
// addresses are fetched, showing.
package site

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/subspace-live/subspace/internal/domain/preview"
)

// The bounds of one look at a page.
const (
	lookLimit    = 5 * time.Second // altogether
	readMax      = 512 << 10
	headersMax   = 64 << 10
	redirectsMax = 3
)

// Pace is how often one host is asked: so many times at once, and once more in each
// such time.
func Pace() (tries int, every time.Duration) { return 5, 2 * time.Second }

// Pacer says whether something may be done now. A refusal is its error.
type Pacer interface{ Take(key string) error }

// Config is what a Fetcher is made of.
type Config struct {
	Agent string // who asks, in the User-Agent of each request
	Pace  Pacer  // of a host
	Now   func() time.Time
	// Permit is one address that is dialled although it is not public, to rehearse
	// with, and at any pace; the zero value is none.
	Permit netip.AddrPort
}

// Fetcher fetches pages. It may be used by several goroutines.
type Fetcher struct {
	Config
	client *http.Client
	kept   memory
}

// NewFetcher returns one. It keeps no connection open between two pages.
func NewFetcher(c Config) *Fetcher {
	f := &Fetcher{Config: c}
	dialer := &net.Dialer{Timeout: lookLimit, Control: f.control}
	f.client = &http.Client{
		// No proxy, no cookies, nothing that a page could set for the next.
		Transport: &http.Transport{
			DialContext: dialer.DialContext, DisableKeepAlives: true, DisableCompression: true,
			MaxResponseHeaderBytes: headersMax, TLSHandshakeTimeout: lookLimit,
		},
		CheckRedirect: f.redirect,
	}
	return f
}

// Why there is nothing of a page. Who is to know is told no more than that.
var (
	errAddress = fmt.Errorf("%w: not an address that is fetched", preview.ErrNothing)
	errPrivate = fmt.Errorf("%w: not a public address", preview.ErrNothing)
	errPaced   = fmt.Errorf("%w: the host was asked too often", preview.ErrNothing)
	errAnswer  = fmt.Errorf("%w: the answer is no page", preview.ErrNothing)
)

// Page returns what the page behind an address says of itself: what is remembered,
// or what it answers now. It takes a few seconds at most.
func (f *Fetcher) Page(ctx context.Context, address string) (preview.Page, error) {
	u, err := url.Parse(address)
	if err != nil {
		return preview.Page{}, errAddress
	}
	u.Fragment = ""
	u.Host = oneName(u)
	return f.kept.page(ctx, u.String(), f.Now, func() (preview.Page, error) { return f.fetch(ctx, u) })
}

func (f *Fetcher) fetch(ctx context.Context, u *url.URL) (preview.Page, error) {
	if err := f.may(u); err != nil {
		return preview.Page{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return preview.Page{}, errAddress
	}
	req.Header.Set("User-Agent", f.Agent)
	req.Header.Set("Accept", "text/html")
	answer, err := f.client.Do(req)
	if err != nil {
		return preview.Page{}, err
	}
	defer answer.Body.Close()
	kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if err != nil || kind != "text/html" || answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Encoding") != "" {
		return preview.Page{}, errAnswer
	}
	return read(answer.Body, answer.Header.Get("Content-Type"))
}

// oneName is a host in the one form in which it is remembered and paced: names differ
// neither by case nor by the dot at their end.
func oneName(u *url.URL) string {
	host := strings.ToLower(u.Host)
	if name, port, cut := strings.Cut(host, ".:"); cut {
		return name + ":" + port
	}
	return strings.TrimSuffix(host, ".")
}

// redirect lets a page lead on, a few times, to what would be fetched by itself.
func (f *Fetcher) redirect(next *http.Request, before []*http.Request) error {
	if len(before) > redirectsMax {
		return fmt.Errorf("%w: led on too often", preview.ErrNothing)
	}
	next.Header.Del("Referer")
	next.URL.Host = oneName(next.URL)
	return f.may(next.URL)
}

// may checks what can be seen of an address before it is dialled, and takes its turn.
func (f *Fetcher) may(u *url.URL) error {
	if (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || u.Hostname() == "" {
		return errAddress
	}
	rehearsal := f.Permit.IsValid() && u.Port() == fmt.Sprint(f.Permit.Port())
	if p := u.Port(); p != "" && p != "80" && p != "443" && !rehearsal {
		return errAddress
	}
	if !rehearsal && f.Pace.Take(u.Hostname()) != nil {
		return errPaced
	}
	return nil
}

// forgotten reports a reason that says nothing of the page.
func forgotten(err error) bool { return errors.Is(err, errPaced) || errors.Is(err, context.Canceled) }
