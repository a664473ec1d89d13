package place

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"
)

// People come in from many addresses, because an address may open 60 sessions
// at once.
const (
	perAddress = 50
	atOnce     = 16 // addresses that work at the same time
)

// Light signs in n people by a name alone.
func (s *Server) Light(ctx context.Context, n int) ([]Person, error) {
	return s.people(ctx, n, func(ctx context.Context, c *Caller, i int) (Person, error) {
		return c.enter(ctx, "/api/session/light", map[string]any{"name": name("Viewer", i)})
	})
}

// Full makes n people with a password.
func (s *Server) Full(ctx context.Context, n int) ([]Person, error) {
	return s.people(ctx, n, func(ctx context.Context, c *Caller, i int) (Person, error) { return c.signUp(ctx, i) })
}

// Members makes n people with a password who have paid for a channel with the
// sandbox's good card, and waits until its Sub Space is open to all of them.
func (s *Server) Members(ctx context.Context, n int, handle string) ([]Person, error) {
	return s.people(ctx, n, func(ctx context.Context, c *Caller, i int) (Person, error) {
		p, err := c.signUp(ctx, i)
		if err != nil {
			return p, err
		}
		var checkout struct{ ID string }
		if err := c.Call(ctx, p, "POST", "/api/channels/"+handle+"/checkout", map[string]any{"key": rand.Text(), "of_age": true}, &checkout); err != nil {
			return p, err
		}
		if err := c.Call(ctx, p, "POST", "/api/sandbox/checkouts/"+checkout.ID+"/pay", map[string]any{"card": "4242424242424242"}, nil); err != nil {
			return p, err
		}
		return p, c.waitInside(ctx, p, handle)
	})
}

func (c *Caller) signUp(ctx context.Context, i int) (Person, error) {
	return c.enter(ctx, "/api/accounts", map[string]any{"name": name("Member", i), "password": "pass " + rand.Text()})
}

// insideLimit is how long a payment may take to open the door.
const insideLimit = 30 * time.Second

func (c *Caller) waitInside(ctx context.Context, p Person, handle string) error {
	ctx, cancel := context.WithTimeout(ctx, insideLimit)
	defer cancel()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		var channel struct{ Me struct{ Inside bool } }
		if err := c.Call(ctx, p, "GET", "/api/channels/"+handle, nil, &channel); err != nil {
			return err
		}
		if channel.Me.Inside {
			return nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return fmt.Errorf("the Sub Space did not open: %w", ctx.Err())
		}
	}
}

// name spells a number in letters: digits and letters that look alike are one
// name to the server.
func name(title string, i int) string {
	const letters = "bcdfghkptz"
	word := []byte("xxxxx")
	for at := len(word) - 1; at >= 0; at-- {
		word[at] = letters[i%10]
		i /= 10
	}
	return title + " " + string(word)
}

// people makes n people with one address for each group of them.
func (s *Server) people(ctx context.Context, n int, enter func(context.Context, *Caller, int) (Person, error)) ([]Person, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	all := make([]Person, n)
	turn := make(chan struct{}, atOnce)
	var working sync.WaitGroup
	for first := 0; first < n; first += perAddress {
		turn <- struct{}{}
		working.Go(func() {
			defer func() { <-turn }()
			group := first / perAddress
			c := NewCaller(s.URL, fmt.Sprintf("127.0.%d.%d", 3+group/250, 1+group%250))
			defer c.Close()
			for i := first; i < min(first+perAddress, n) && ctx.Err() == nil; i++ {
				var err error
				if all[i], err = enter(ctx, c, i); err != nil {
					cancel(fmt.Errorf("person %d: %w", i, err))
				}
			}
		})
	}
	working.Wait()
	return all, context.Cause(ctx)
}
