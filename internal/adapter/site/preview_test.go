package site_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/site"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/preview"
)

// clock is a time that a test moves.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(0, c.at.Load()) }
func (c *clock) passes(by time.Duration) { c.at.Add(int64(by)) }

// unhurried lets everything pass.
type unhurried struct{}

func (unhurried) Take(string) error { return nil }

// pages serves a handler on this machine, and returns who may fetch from there and
// nowhere else that is not public.
func pages(t *testing.T, handler http.Handler) (*site.Fetcher, string, *clock) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c := &clock{}
	at := strings.TrimPrefix(server.URL, "http://")
	return site.NewFetcher(site.Config{Agent: "Subspace/test (link previews)", Pace: unhurried{}, Now: c.now, Permit: netip.MustParseAddrPort(at)}), server.URL, c
}

func html(head string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html><html><head>"+head+"</head><body><title>of the body</title></body></html>")
	}
}

func TestWhatAPageSaysOfItself(t *testing.T) {
	long := strings.Repeat("long ", 100)
	for head, want := range map[string]preview.Page{
		`<title>A title</title>`: {Title: "A title"},
		`<title>A title</title><meta property="og:title" content="Better"><meta property="og:site_name" content="Site"><meta name="description" content="Plain"><meta property="og:description" content="Shown">`: {Site: "Site", Title: "Better", Description: "Shown"},
		`<meta name="twitter:title" content="T"><meta name="twitter:description" content="D"><title>A</title>`:                                                                                                    {Title: "T", Description: "D"},
		`<META NAME="Description" CONTENT="D"><TITLE> two
 lines </TITLE>`: {Title: "two lines", Description: "D"},
		`<meta property="og:title" content=""><title>A &amp; B &lt;i&gt;</title>`:                                             {Title: "A & B <i>"},
		`<meta property="og:title" content="first"><meta property="og:title" content="second">`:                               {Title: "first"},
		`<title><script>alert(1)</script> & <b>bold</b></title>`:                                                              {Title: "<script>alert(1)</script> & <b>bold</b>"},
		"<title>tur\u202ened\u2066 \x07bell</title>":                                                                          {Title: "turned bell"},
		`<script>document.write("<title>no</title>")</script><title>yes</title>`:                                              {Title: "yes"},
		`<!-- <title>no</title> --><title>yes</title>`:                                                                        {Title: "yes"},
		`<title>` + long + `</title><meta name=description content="` + long + `"><meta property="og:site_name" content="x">`: {Site: "x", Title: strings.Repeat("long ", 27) + "long…", Description: strings.TrimSpace(strings.Repeat("long ", 48)) + "…"},
		`<title>unfinished`: {Title: "unfinished</head><body><title>of the body"},
	} {
		f, url, _ := pages(t, html(head))
		got, err := f.Page(t.Context(), url+"/")
		if err != nil || got != want {
			t.Errorf("%.80s says %+v, %v; want %+v", head, got, err, want)
		}
	}
}

func TestWhatIsNoPage(t *testing.T) {
	typed := func(kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			fmt.Fprint(w, body)
		}
	}
	const titled = "<title>A title</title>"
	for name, handler := range map[string]http.HandlerFunc{
		"a picture":     typed("image/png", titled),
		"JSON":          typed("application/json", titled),
		"XHTML":         typed("application/xhtml+xml", titled),
		"no type":       typed("nonsense/", titled),
		"plain text":    typed("text/plain", titled),
		"a file":        func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"without words": html(""),
		"blank":         html("<title> \u200b </title>"),
		"an error": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(500)
			fmt.Fprint(w, titled)
		},
		"not found": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(404)
			fmt.Fprint(w, titled)
		},
		"packed": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			fmt.Fprint(z, titled)
			z.Close()
		},
		"heavy headers": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 200<<10))
			html(titled)(w, nil)
		},
		"broken off": func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) },
	} {
		f, url, _ := pages(t, handler)
		if got, err := f.Page(t.Context(), url+"/"); err == nil {
			t.Errorf("%s says %+v", name, got)
		}
	}
}

func TestCharacterSets(t *testing.T) {
	for name, c := range map[string]struct{ kind, body, want string }{
		"said by the answer":    {"text/html; charset=windows-1252", "<title>caf\xe9</title>", "café"},
		"said by the page":      {"text/html", `<meta charset="iso-8859-15"><title>caf` + "\xe9</title>", "café"},
		"of two bytes":          {"text/html; charset=utf-16be", "\x00<\x00t\x00i\x00t\x00l\x00e\x00>\x00A", "A"},
		"that there is not":     {"text/html; charset=klingon", "<title>caf\u00e9</title>", "café"},
		"that is said wrongly":  {"text/html; charset=utf-8", "<title>caf\xe9s</title>", "cafs"},
		"that is broken in two": {"text/html; charset=utf-8", "<title>a\xe2\x82</title>", "a"},
	} {
		f, url, _ := pages(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", c.kind)
			fmt.Fprint(w, c.body)
		}))
		got, err := f.Page(t.Context(), url)
		if err != nil || strings.ReplaceAll(got.Title, "\ufffd", "") != c.want {
			t.Errorf("%s: %q, %v; want %q", name, got.Title, err, c.want)
		}
	}
}

// What is sent says who asks, and nothing else of anybody.
func TestWhatIsAsked(t *testing.T) {
	var mu sync.Mutex
	var asked []*http.Request
	f, url, _ := pages(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.Clone(context.Background()))
		mu.Unlock()
		http.SetCookie(w, &http.Cookie{Name: "track", Value: "1"})
		if r.URL.Path == "/first" {
			http.Redirect(w, r, "/second?x=1", http.StatusFound)
			return
		}
		html("<title>A</title>")(w, r)
	}))
	if _, err := f.Page(t.Context(), url+"/first#part"); err != nil {
		t.Fatal(err)
	}
	if len(asked) != 2 || asked[1].URL.String() != "/second?x=1" {
		t.Fatalf("asked %d times", len(asked))
	}
	for _, r := range asked {
		got := map[string]string{}
		for name := range r.Header {
			got[name] = r.Header.Get(name)
		}
		if r.Method != "GET" || len(got) != 3 || got["User-Agent"] != "Subspace/test (link previews)" || got["Accept"] != "text/html" || got["Connection"] != "close" {
			t.Errorf("%s %s sends %v", r.Method, r.URL, got)
		}
	}
}

func TestAPageLeadsOnThreeTimesAtMost(t *testing.T) {
	f, url, _ := pages(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n int
		fmt.Sscanf(r.URL.Path, "/%d", &n)
		if n == 0 {
			html("<title>there</title>")(w, r)
			return
		}
		http.Redirect(w, r, fmt.Sprintf("/%d", n-1), http.StatusFound)
	}))
	if got, err := f.Page(t.Context(), url+"/3"); err != nil || got.Title != "there" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := f.Page(t.Context(), url+"/4"); !errors.Is(err, preview.ErrNothing) {
		t.Errorf("%+v, %v", got, err)
	}
}

// Nothing that is not public is asked: not when it is named, not when a name leads
// there, not when a page does.
func TestNothingPrivateIsAsked(t *testing.T) {
	var secret atomic.Int64
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secret.Add(1)
		html("<title>secret</title>")(w, r)
	}))
	t.Cleanup(inside.Close)
	port := inside.URL[strings.LastIndex(inside.URL, ":")+1:]
	var to atomic.Value
	f, url, _ := pages(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", to.Load().(string))
		w.WriteHeader(http.StatusFound)
	}))
	permitted := url[strings.LastIndex(url, ":")+1:]
	for i, private := range []string{
		inside.URL, "http://localhost:" + port, "http://127.0.0.1/", "http://127.0.0.1:443/", "https://localhost/", "http://[::1]/", "http://[::ffff:127.0.0.1]/",
		"http://127.0.0.2:" + permitted + "/", "http://[::1]:" + permitted + "/", "http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/",
		"http://192.168.1.1/", "http://100.64.0.1/", "http://[fd00:ec2::254]/", "http://[fe80::1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/",
		"http://0.0.0.0/", "http://255.255.255.255/", "http://2130706433/", "http://0x7f000001/", "http://127.1/",
		"http://8.8.8.8:22/", "http://8.8.8.8:6379/", "ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1:70/", "javascript:alert(1)",
		"http://user:word@127.0.0.1:" + permitted + "/", "http:///", "http://", "//", "", "http://%zz/",
	} {
		begun := time.Now()
		if got, err := f.Page(t.Context(), private); err == nil {
			t.Errorf("%s says %+v", private, got)
		}
		to.Store(private)
		if got, err := f.Page(t.Context(), fmt.Sprintf("%s/%d", url, i)); err == nil {
			t.Errorf("a page that leads to %s says %+v", private, got)
		}
		if took := time.Since(begun); took > 4*time.Second {
			t.Errorf("%s was dialled: it took %v", private, took)
		}
	}
	if n := secret.Load(); n != 0 {
		t.Errorf("what is inside was asked %d times", n)
	}
}

// Names and passwords are sent to nobody, wherever an address with some comes from.
func TestNoPasswordIsSent(t *testing.T) {
	var asked atomic.Int64
	var to atomic.Value
	f, url, _ := pages(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/there" {
			asked.Add(1)
			html("<title>there</title>")(w, r)
			return
		}
		http.Redirect(w, r, to.Load().(string), http.StatusFound)
	}))
	to.Store(strings.Replace(url, "http://", "http://user:word@", 1) + "/there")
	for _, address := range []string{to.Load().(string), url + "/leads"} {
		if got, err := f.Page(t.Context(), address); err == nil {
			t.Errorf("%s says %+v", address, got)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("asked %d times", n)
	}
	to.Store(url + "/there")
	if _, err := f.Page(t.Context(), url+"/leads-plainly"); err != nil {
		t.Error(err)
	}
}

func TestASlowSiteIsLeft(t *testing.T) {
	t.Parallel() // it waits for real time
	end := make(chan struct{})
	f, url, _ := pages(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/late" {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<title>in time</title>"+strings.Repeat(" ", 2000))
			w.(http.Flusher).Flush()
		}
		select {
		case <-end:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() { close(end) })
	var both sync.WaitGroup
	begun := time.Now()
	both.Go(func() {
		if got, err := f.Page(t.Context(), url+"/never"); err == nil {
			t.Errorf("%+v", got)
		}
	})
	both.Go(func() {
		if got, err := f.Page(t.Context(), url+"/late"); err != nil || got.Title != "in time" {
			t.Errorf("what it said up to then: %+v, %v", got, err)
		}
	})
	both.Wait()
	if took := time.Since(begun); took < 4*time.Second || took > 8*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestAnEndlessPageIsReadSoFar(t *testing.T) {
	for _, head := range []string{"<title>A title</title>", ""} {
		var sent atomic.Int64
		f, url, _ := pages(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, head)
			for r.Context().Err() == nil {
				n, err := w.Write([]byte(strings.Repeat("<link>", 1<<10)))
				if sent.Add(int64(n)); err != nil {
					return
				}
			}
		}))
		got, err := f.Page(t.Context(), url)
		if (err == nil) != (head != "") || (head != "" && got.Title != "A title") {
			t.Errorf("%q: %+v, %v", head, got, err)
		}
		if n := sent.Load(); n > 16*site.ReadMax { // what lies in buffers of the system is among it
			t.Errorf("%d bytes were taken", n)
		}
	}
}

// However many name a page, it is asked once in a while, also when it says nothing.
func TestAPageIsAskedOnceInAWhile(t *testing.T) {
	var asked atomic.Int64
	f, url, c := pages(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		time.Sleep(20 * time.Millisecond) // others come meanwhile
		if r.URL.Path == "/none" {
			w.WriteHeader(404)
			return
		}
		html("<title>A</title>")(w, r)
	}))
	for _, path := range []string{"/a", "/none"} {
		asked.Store(0)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				got, err := f.Page(t.Context(), url+path)
				if (path == "/a") != (err == nil && got.Title == "A") {
					t.Errorf("%s: %+v, %v", path, got, err)
				}
			})
		}
		all.Wait()
		if n := asked.Load(); n != 1 {
			t.Errorf("%s was asked %d times", path, n)
		}
		c.passes(site.KeptFor)
		f.Page(t.Context(), url+path) //nolint:errcheck // only whether it asks
		if n := asked.Load(); n != 2 {
			t.Errorf("%s was asked %d times after a while", path, n)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	var asked atomic.Int64
	f, url, _ := pages(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		html("<title>A</title>")(w, r)
	}))
	for i := range site.KeptMax + 50 {
		if _, err := f.Page(t.Context(), fmt.Sprintf("%s/%d", url, i)); err != nil {
			t.Fatal(err)
		}
	}
	if n := f.Kept(); n > site.KeptMax {
		t.Errorf("%d pages are kept", n)
	}
}

// A host has its pace, wherever it is led to from; a look that it did not allow is
// not remembered as one.
func TestAHostIsAskedAtItsPace(t *testing.T) {
	c := &clock{}
	f := site.NewFetcher(site.Config{Now: c.now, Pace: account.NewThrottle(account.Limit{Tries: 2, Every: time.Second}, c.now)})
	paced := func(path string) bool {
		t.Helper()
		// Nothing is dialled: the host is an address that is not public.
		_, err := f.Page(t.Context(), "http://192.0.2.7/"+path)
		return errors.Is(err, site.ErrPaced)
	}
	for i, want := range []bool{false, false, true, true} {
		if got := paced(fmt.Sprint(i)); got != want {
			t.Errorf("look %d is paced: %v", i, got)
		}
	}
	if f.Kept() != 2 {
		t.Errorf("%d looks are remembered", f.Kept())
	}
	c.passes(time.Second)
	if paced("3") {
		t.Error("after a while too")
	}
}

// keyed keeps the keys at which it is asked, and lets nobody through.
type keyed struct{ keys []string }

func (k *keyed) Take(key string) error {
	k.keys = append(k.keys, key)
	return errors.New("not now")
}

// One host is paced, and remembered, under one name, however it is written.
func TestAHostHasOneName(t *testing.T) {
	k := &keyed{}
	f := site.NewFetcher(site.Config{Now: (&clock{}).now, Pace: k})
	for _, host := range []string{"example.org", "EXAMPLE.org", "example.org.", "Example.Org.:443", "example.org:443"} {
		if _, err := f.Page(t.Context(), "https://"+host+"/"); !errors.Is(err, preview.ErrNothing) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if len(k.keys) != 5 || slices.ContainsFunc(k.keys, func(key string) bool { return key != "example.org" }) {
		t.Errorf("paced as %q", k.keys)
	}
	asked := 0
	f, url, _ := pages(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		html("<title>A</title>")(w, r)
	}))
	_, port, _ := strings.Cut(strings.TrimPrefix(url, "http://"), ":")
	for _, host := range []string{"localhost", "LOCALHOST", "localhost."} {
		if p, err := f.Page(t.Context(), "http://"+host+":"+port+"/"); err != nil || p.Title != "A" {
			t.Errorf("%s: %+v, %v", host, p, err)
		}
	}
	if asked != 1 {
		t.Errorf("one page is asked for %d times", asked)
	}
}
