package webui

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

const script = "assets/index-a1b2c3.js"

func site(t *testing.T, head func(*http.Request) Head) *Site {
	t.Helper()
	s, err := newSite(fstest.MapFS{
		".gitkeep":     {},
		"index.html":   {Data: []byte("<head>" + marker + "</head>app")},
		"overlay.html": {Data: []byte("<head>" + marker + "</head>overlay")},
		"favicon.svg":  {Data: []byte("<svg/>")},
		script:         {Data: bytes.Repeat([]byte("let a = 1;\n"), 500)},
		"assets/a.png": {Data: []byte("picture")},
	}, []byte("not built"), head)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func get(h http.Handler, at string, headers ...string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, at, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPathsAndTheirPages(t *testing.T) {
	s := site(t, nil)
	for _, c := range []struct {
		at     string
		status int
		holds  string
	}{
		{"/", 200, "app"},
		{"/c/ada", 200, "app"},
		{"/c/ada/", 200, "app"},
		{"/cockpit/ada", 200, "app"},
		{"/account", 200, "app"},
		{"/sign-in", 200, "app"},
		{"/setup", 200, "app"},
		{"/link", 200, "app"},
		{"/admin", 200, "app"},
		{"/overlay/abc", 200, "overlay"},
		{"/nowhere", 404, "app"},
		{"/c", 404, "app"},
		{"/index.html", 404, "app"},
		{"/.gitkeep", 404, "app"},
		{"/assets/gone.js", 404, "no such file"},
		{"/assets/", 404, "app"},
		{"/assets/../../webui.go", 404, "app"},
		{"/favicon.svg", 200, "<svg/>"},
	} {
		r := get(s, "http://localhost"+c.at)
		if got := body(t, r); r.StatusCode != c.status || !strings.Contains(got, c.holds) {
			t.Errorf("GET %s: %d %q, want %d with %q", c.at, r.StatusCode, got, c.status, c.holds)
		}
	}
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	s := site(t, nil)
	for _, at := range []string{"/", "/overlay/abc", "/nowhere", "/" + script} {
		h := get(s, at).Header
		if h.Get("Content-Security-Policy") != policy || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("GET %s: headers %v", at, h)
		}
	}
}

func TestCaching(t *testing.T) {
	s := site(t, nil)
	for at, want := range map[string]string{
		"/":            askAnew,
		"/overlay/abc": askAnew,
		"/favicon.svg": askAnew,
		"/" + script:   forAYear,
	} {
		if got := get(s, at).Header.Get("Cache-Control"); got != want {
			t.Errorf("GET %s: Cache-Control %q, want %q", at, got, want)
		}
	}
	first := get(s, "/favicon.svg")
	again := get(s, "/favicon.svg", "If-None-Match", first.Header.Get("ETag"))
	if again.StatusCode != http.StatusNotModified || body(t, again) != "" {
		t.Errorf("asked again with its tag: %d", again.StatusCode)
	}
}

func TestCompression(t *testing.T) {
	s := site(t, nil)
	plain := body(t, get(s, "/"+script))
	for range 2 { // made, then kept
		r := get(s, "/"+script, "Accept-Encoding", "br, gzip")
		if r.Header.Get("Content-Encoding") != "gzip" || r.Header.Get("Vary") != "Accept-Encoding" {
			t.Fatalf("headers %v", r.Header)
		}
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		if string(text) != plain {
			t.Fatal("the compressed file is another one")
		}
	}
	for header, want := range map[string]bool{
		"": false, "br": false, "gzip": true, "GZIP;q=0.5": true, "gzip; q=0": false, "gzip;q=0.0": false, "*": true,
	} {
		if acceptsGzip(header) != want {
			t.Errorf("Accept-Encoding %q: %v, want %v", header, !want, want)
		}
	}
	if r := get(s, "/assets/a.png", "Accept-Encoding", "gzip"); r.Header.Get("Content-Encoding") != "" {
		t.Error("a picture was compressed once more")
	}
}

func TestHeadIsWrittenEscaped(t *testing.T) {
	s := site(t, func(r *http.Request) Head {
		return Head{
			Title:       `Ada </title><script>alert(1)</script>`,
			Description: `"quoted" & <b>`,
			URL:         "https://example.org" + r.URL.Path,
		}
	})
	got := body(t, get(s, "/c/ada"))
	want := `<head><title>Ada &lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;</title>` +
		`<meta name="description" content="&#34;quoted&#34; &amp; &lt;b&gt;">` +
		`<meta property="og:site_name" content="Subspace">` +
		`<meta property="og:type" content="website">` +
		`<meta property="og:title" content="Ada &lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;">` +
		`<meta property="og:description" content="&#34;quoted&#34; &amp; &lt;b&gt;">` +
		`<meta property="og:url" content="https://example.org/c/ada"></head>app`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAMissingChannelIs404WithThePage(t *testing.T) {
	s := site(t, func(*http.Request) Head { return Head{Missing: true} })
	r := get(s, "/c/nobody")
	if r.StatusCode != http.StatusNotFound || !strings.Contains(body(t, r), "app") {
		t.Errorf("status %d", r.StatusCode)
	}
}

func TestWithoutABuildAPageSaysHowToBuild(t *testing.T) {
	s, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	empty, err := newSite(fstest.MapFS{".gitkeep": {}}, s.note, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{"/", "/overlay/abc", "/c/ada"} {
		r := get(empty, at)
		if r.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body(t, r), "make build") {
			t.Errorf("GET %s: %d", at, r.StatusCode)
		}
	}
}

func TestOnlyReadingIsAnswered(t *testing.T) {
	s := site(t, nil)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") == "" {
		t.Errorf("POST: %d", w.Code)
	}
	w = httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodHead, "/"+script, nil))
	if w.Code != http.StatusOK || w.Body.Len() != 0 || w.Header().Get("Content-Length") == "0" {
		t.Errorf("HEAD: %d with %d bytes", w.Code, w.Body.Len())
	}
}
