// Package webui serves the built web from inside the binary.
//
// Owns: the embedded files, which page answers which path, their caching, their
// compression and the security headers that every page carries.
//
// Promises: the package compiles without Node while dist is empty, and then a
// page says how to build; assets, whose names carry their hash, are kept for a
// year, pages are asked for anew each time; what a Head holds is escaped; no
// page runs script or style that is not a file of this server.
//
// Does not do: routes of the API, sockets or video, and no decision about who
// may see what; a page is the same for everyone.
package webui

import (
	"embed"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed placeholder.html all:dist
var built embed.FS

const (
	marker = "<!--subspace:head-->"

	policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
		"font-src 'self'; connect-src 'self'; media-src 'self' blob:; worker-src 'self'; " +
		"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

	forAYear = "public, max-age=31536000, immutable"
	askAnew  = "no-cache"
)

// Head is what a page says of itself to browsers and to link previews. The zero
// Head is the product's own.
type Head struct {
	Title       string // without it, the product's name
	Description string
	Image       string // absolute address
	URL         string // absolute address, without anything secret
	Missing     bool   // nothing is at this path: the page comes with 404
}

// Site answers every path that is not the API's.
type Site struct {
	head  func(*http.Request) Head
	files fs.FS
	pages map[string]page // by file name; empty when the web is not built
	note  []byte          // stands in for all pages then
	small *compressed
}

// New returns the embedded web. The function head is asked once for every page
// that is served; nil means that all pages have the product's own Head.
func New(head func(*http.Request) Head) (*Site, error) {
	files, err := fs.Sub(built, "dist")
	if err != nil {
		return nil, fmt.Errorf("open the embedded web: %w", err)
	}
	note, err := built.ReadFile("placeholder.html")
	if err != nil {
		return nil, fmt.Errorf("read the placeholder page: %w", err)
	}
	return newSite(files, note, head)
}

func newSite(files fs.FS, note []byte, head func(*http.Request) Head) (*Site, error) {
	if head == nil {
		head = func(*http.Request) Head { return Head{} }
	}
	s := &Site{head: head, files: files, note: note, pages: map[string]page{}, small: newCompressed()}
	for _, name := range []string{"index.html", "overlay.html", "dock.html"} {
		text, err := fs.ReadFile(files, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the page %s: %w", name, err)
		}
		s.pages[name] = cut(string(text))
	}
	return s, nil
}

// ServeHTTP answers with a page, or with a file of the build.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD are answered here", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if s.isFile(name) {
		s.serveFile(w, r, name)
		return
	}
	if strings.HasPrefix(name, "assets/") {
		http.Error(w, "no such file in this build", http.StatusNotFound)
		return
	}
	s.servePage(w, r, "/"+name)
}

// isFile says whether a name is one of the build's files. Pages are not: they
// are only reached by the paths of the app.
func (s *Site) isFile(name string) bool {
	if !fs.ValidPath(name) || strings.HasSuffix(name, ".html") || strings.HasPrefix(path.Base(name), ".") {
		return false
	}
	info, err := fs.Stat(s.files, name)
	return err == nil && info.Mode().IsRegular()
}

func (s *Site) serveFile(w http.ResponseWriter, r *http.Request, name string) {
	f, err := s.small.open(s.files, name)
	if err != nil {
		http.Error(w, "a file of the web cannot be read", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", contentType(name))
	h.Set("Cache-Control", askAnew)
	if strings.HasPrefix(name, "assets/") {
		h.Set("Cache-Control", forAYear)
	}
	f.write(w, r)
}

func (s *Site) servePage(w http.ResponseWriter, r *http.Request, at string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", askAnew)
	name := "index.html"
	if strings.HasPrefix(at, "/overlay/") {
		name = "overlay.html"
	}
	if at == "/dock" {
		name = "dock.html"
	}
	p, ok := s.pages[name]
	if !ok {
		send(w, r, http.StatusServiceUnavailable, s.note)
		return
	}
	head, status := s.head(r), http.StatusOK
	if head.Missing || !isRoute(at) {
		status = http.StatusNotFound
	}
	send(w, r, status, []byte(p.before+head.tags()+p.after))
}

// isRoute says whether the app has a screen for a path. A screen missing here
// still opens, but with 404.
func isRoute(at string) bool {
	switch at {
	case "/", "/account", "/sign-in", "/setup", "/link", "/admin", "/cockpit", "/dock", "/sandbox-account":
		return true
	}
	for _, root := range []string{"/c/", "/cockpit/", "/overlay/", "/account/", "/mail/"} {
		if strings.HasPrefix(at, root) {
			return true
		}
	}
	return false
}

// page is an HTML file cut in two at the marker.
type page struct{ before, after string }

func cut(text string) page {
	before, after, _ := strings.Cut(text, marker)
	return page{before: before, after: after}
}

func (h Head) tags() string {
	title := h.Title
	if title == "" {
		title = "Subspace"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<title>%s</title>", html.EscapeString(title))
	meta := func(attribute, name, content string) {
		if content != "" {
			fmt.Fprintf(&b, `<meta %s="%s" content="%s">`, attribute, name, html.EscapeString(content))
		}
	}
	meta("name", "description", h.Description)
	meta("property", "og:site_name", "Subspace")
	meta("property", "og:type", "website")
	meta("property", "og:title", title)
	meta("property", "og:description", h.Description)
	meta("property", "og:image", h.Image)
	meta("property", "og:url", h.URL)
	return b.String()
}

func secure(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
}
