package demo

import (
	"context"
	"crypto/rand"
	"log/slog"
	mathrand "math/rand/v2"

	"github.com/subspace-live/subspace/internal/app"
)

// Who and where.
const (
	creatorName     = "Inès Marchetti"
	guestSubscriber = "Yuna" // whom the subscriber's link signs in as
	guestViewer     = "Sam K"
	handle          = "ines"
	channelPath     = "/api/channels/" + handle
)

// stage is the running show.
type stage struct {
	server    *app.Server
	base      string
	log       *slog.Logger
	random    *mathrand.Rand
	streamKey string

	creator     *person
	subscribers []*person
	viewers     []*person
	people      []*person // all of them
}

// raise makes accounts and channels and seats everybody.
func (s *stage) raise(ctx context.Context, secret string) error {
	var err error
	if s.creator, err = newPerson(s.base, creatorName, true); err != nil {
		return err
	}
	if err := s.found(ctx, secret); err != nil {
		return err
	}
	for _, name := range []string{guestSubscriber, "Bastien", "Priya", "Wren", "Alix", "Oskar", "Maud"} {
		p, err := s.seat(ctx, name, "/api/accounts", map[string]any{"name": name, "password": rand.Text()}, true)
		if err != nil {
			return err
		}
		if err := p.subscribe(ctx); err != nil {
			return err
		}
		s.subscribers = append(s.subscribers, p)
	}
	for _, name := range []string{guestViewer, "Noa", "Théo R.", "Anselm", "Marek", "Lucie", "Dana", "Iker", "June", "Petr"} {
		p, err := s.seat(ctx, name, "/api/session/light", map[string]any{"name": name}, false)
		if err != nil {
			return err
		}
		s.viewers = append(s.viewers, p)
	}
	s.people = append(append([]*person{s.creator}, s.subscribers...), s.viewers...)
	return s.furnish(ctx)
}

// found makes the creator the owner of the server and sets up the channels.
func (s *stage) found(ctx context.Context, secret string) error {
	c := s.creator
	if err := c.call(ctx, "POST", "/api/setup", map[string]any{
		"token": secret, "name": creatorName, "password": rand.Text(), "handle": handle, "title": "Inès Marchetti, ceramics",
	}, nil); err != nil {
		return err
	}
	if err := c.call(ctx, "PATCH", channelPath, map[string]any{
		"space_open": true, "price": map[string]any{"minor": 499, "currency": "EUR"},
		"broadcast_title": "Glazing the Lune vase, last kiln of the year",
	}, nil); err != nil {
		return err
	}
	var ingest struct{ Key string }
	if err := c.call(ctx, "GET", channelPath+"/ingest", nil, &ingest); err != nil {
		return err
	}
	s.streamKey = ingest.Key
	return s.neighbours(ctx)
}

// neighbours opens the channels of two creators who are not live right now.
func (s *stage) neighbours(ctx context.Context) error {
	for _, other := range []struct{ handle, title, owner string }{
		{"kneadful", "Kneadful, bread before dawn", "Jonas Okafor"}, {"opening", "The Opening, chess over coffee", "Lia Chen"},
	} {
		if _, err := s.seat(ctx, other.owner, "/api/accounts", map[string]any{"name": other.owner, "password": rand.Text()}, false); err != nil {
			return err
		}
		if err := s.creator.call(ctx, "POST", "/api/channels", map[string]any{
			"handle": other.handle, "title": other.title, "owner": other.owner,
		}, nil); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) seat(ctx context.Context, name, path string, as map[string]any, pays bool) (*person, error) {
	p, err := newPerson(s.base, name, pays)
	if err != nil {
		return nil, err
	}
	return p, p.call(ctx, "POST", path, as, nil)
}
