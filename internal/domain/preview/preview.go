// Package preview shows under a message what the page behind its first address says
// of itself.
//
// Owns: which messages have an address looked up, how many wait for it, what of a
// page is shown. Promises: of a room in which its creator did not switch it on
// nothing is looked up; a preview stands in the log of its message, so that whoever
// may not read the one does not read the other, and goes with it; whether it is
// appended is decided in the transaction that does; writing never waits for it.
// Does not do: fetching (an adapter does), or trying again: what failed is not shown.
package preview

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/text"
)

// Page is what a page says of itself: words of strangers.
type Page struct {
	Site        string // what the site calls itself; empty: it does not say
	Title       string
	Description string
}

// The lengths of what is shown, in characters.
const (
	siteMax        = 60
	titleMax       = 140
	descriptionMax = 240
)

// Clean returns the page as it is shown: text on one line each. Without a title there
// is nothing to show.
func (p Page) Clean() Page {
	return Page{text.Cut(p.Site, siteMax), text.Cut(p.Title, titleMax), text.Cut(p.Description, descriptionMax)}
}

// ErrNothing says that there is nothing to show of an address.
var ErrNothing = errors.New("preview: nothing to show")

// Tx is what a preview needs inside one transaction.
type Tx interface {
	room.Appender
	access.Tx
	// LockThreads returns the threads at addresses, and locks their logs until the
	// transaction ends.
	LockThreads(ctx context.Context, at []room.Address) (map[ident.Thread]room.Thread, error)
	// EventAt returns the event under a sequence; false: there is none.
	EventAt(ctx context.Context, at room.Address, seq int64) (event.Encoded, bool, error)
	// Terms returns a channel's blocked terms.
	Terms(ctx context.Context, channel ident.Channel) ([]string, error)
}

// Store runs transactions. f may run more than once.
type Store interface {
	Update(ctx context.Context, f func(Tx) error) error
}

// Pacer says whether something may be done now. A refusal is its error.
type Pacer interface{ Take(key string) error }

// Pace is how often addresses of one channel are looked up: so many at once, and one
// more in each such time.
func Pace() (tries int, every time.Duration) { return 10, 5 * time.Second }

// The sizes of the service.
const (
	queueSize  = 256
	workers    = 4
	writeLimit = 10 * time.Second
)

// Config is what the service is made of.
type Config struct {
	Store Store
	// Fetch returns what a page says of itself. It takes a few seconds at most.
	Fetch func(ctx context.Context, url string) (Page, error)
	Pace  Pacer // of a channel
	Now   func() time.Time
	// Lost is told when a preview could not be stored.
	Lost func(error)
}

// Service looks up what messages hold.
type Service struct {
	Config
	queue                chan link
	shown, nothing, left atomic.Int64
}

// link is an address in a message.
type link struct {
	at  room.Address
	seq int64
	url string
}

// NewService returns the service; Run must be running for anything to be looked up.
func NewService(c Config) *Service {
	return &Service{Config: c, queue: make(chan link, queueSize)}
}

// Figures is how many addresses came to what since the start.
type Figures struct {
	Shown   int64 // a preview was appended
	Nothing int64 // the page could not be had, or says nothing, or the message was gone
	Left    int64 // too many came at once: they were not looked up
}

// Figures returns them as of now.
func (s *Service) Figures() Figures {
	return Figures{s.shown.Load(), s.nothing.Load(), s.left.Load()}
}

// Offer takes a message that was written in a room with previews, after its commit.
// It does not wait: when too much does already, nothing is looked up.
func (s *Service) Offer(at room.Address, seq int64, words string) {
	url := text.Link(words)
	if url == "" {
		return
	}
	if s.Pace.Take(string(at.Channel)) != nil {
		s.left.Add(1)
		return
	}
	select {
	case s.queue <- link{at, seq, url}:
	default:
		s.left.Add(1)
	}
}

// Run looks up what Offer takes until ctx ends. What waits then is forgotten.
func (s *Service) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for range workers {
		g.Go(func() error {
			for {
				select {
				case <-ctx.Done():
					return nil
				case l := <-s.queue:
					s.look(ctx, l)
				}
			}
		})
	}
	return g.Wait()
}

// look has one address fetched and shows what came of it.
func (s *Service) look(ctx context.Context, l link) {
	page, err := s.Fetch(ctx, l.url)
	if page = page.Clean(); err != nil || page.Title == "" {
		s.nothing.Add(1) // why is not told: an address may be nobody's but the room's
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeLimit)
	defer cancel()
	shown, err := s.show(ctx, l, page)
	switch {
	case err != nil:
		s.Lost(err)
		s.nothing.Add(1)
	case shown:
		s.shown.Add(1)
	default:
		s.nothing.Add(1)
	}
}
