package notify

import (
	"context"
	_ "embed"
	"html/template"
	"net/http"
	"sync"
	"time"

	"github.com/subspace-live/subspace/internal/domain/mail"
)

// caughtMax is how many letters a catcher keeps; older ones go.
const caughtMax = 50

// Catcher is the carrier of a server that somebody develops with: letters stay
// in memory and can be read on a page.
type Catcher struct {
	Config
	mu     sync.Mutex
	caught []Caught // the newest last
}

// Caught is a letter that would have been sent.
type Caught struct {
	To, Subject, Plain, Link string
	At                       time.Time
}

// NewCatcher returns a catcher.
func NewCatcher(cfg Config) *Catcher { return &Catcher{Config: cfg} }

// Carry implements mail.Carrier.
func (c *Catcher) Carry(_ context.Context, m mail.Message) error {
	letter, err := c.write(m)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.caught) == caughtMax {
		c.caught = append(c.caught[:0], c.caught[1:]...)
	}
	c.caught = append(c.caught, Caught{To: m.Address, Subject: letter.Subject, Plain: letter.Plain, Link: letter.Link, At: c.Now()})
	return nil
}

// Letters returns what was caught, the newest first.
func (c *Catcher) Letters() []Caught {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]Caught, 0, len(c.caught))
	for i := len(c.caught) - 1; i >= 0; i-- {
		out = append(out, c.caught[i])
	}
	return out
}

//go:embed catcher.html
var catcherPage string

// ServeHTTP shows the letters. Whoever reads them can sign in as anybody, so it
// is served to this machine only.
func (c *Catcher) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	page, err := template.New("letters").Parse(catcherPage)
	if err != nil {
		http.Error(w, "the page of letters is broken", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	page.Execute(w, c.Letters()) //nolint:errcheck // the reader may be gone
}
