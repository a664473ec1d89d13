package acts_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// pages is a site on this machine: what each page says in its title was written for
// those who may read the message that links to it.
type pages struct {
	address string
	titles  sync.Map // by path
}

func newPages(t *testing.T) *pages {
	t.Helper()
	p := &pages{}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		title, _ := p.titles.Load(r.URL.Path)
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "<title>%s</title>", title)
	}))
	t.Cleanup(site.Close)
	p.address = strings.TrimPrefix(site.URL, "http://")
	return p
}

// links has a post name a page, now and then, and returns what that page says.
func (st *actorsStage) links(r *rapid.T, post map[string]any, whom readership) (_ map[string]any, page string) {
	if rapid.IntRange(0, 3).Draw(r, "link") != 0 {
		return post, ""
	}
	page = st.writes("a preview", nobody, whom)
	path := "/" + rand.Text()
	st.pages.titles.Store(path, page)
	post["text"] = fmt.Sprintf("%s http://%s%s", post["text"], st.pages.address, path)
	return post, page
}

func (st *actorsStage) switchesPreviews(r *rapid.T) {
	p := st.creatorOr(r)
	st.tries(p, p.owner, "PATCH", "", map[string]any{
		"preview_public": rapid.IntRange(0, 3).Draw(r, "public") != 0, "preview_space": rapid.IntRange(0, 3).Draw(r, "space") != 0,
	}, nil)
}
