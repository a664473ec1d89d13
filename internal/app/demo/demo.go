// Package demo shows the product: a creator who is live, and people who really
// connect, subscribe and talk in both rooms.
//
// Owns: the cast, what they say, when they say it. Promises: everybody comes in
// by the same doors as anybody else (REST, socket, RTMP, the sandbox's cards),
// on a temporary folder that is gone afterwards. Does not do: anything that the
// server could not do for real people.
package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/subspace-live/subspace/internal/adapter/media/loop"
	"github.com/subspace-live/subspace/internal/adapter/media/loop/clip"
	"github.com/subspace-live/subspace/internal/app"
	"github.com/subspace-live/subspace/internal/config"
	"github.com/subspace-live/subspace/internal/domain/live"
)

// Run shows the demo until ctx ends. cfg says where it listens; its data folder
// is replaced by a temporary one.
func Run(ctx context.Context, cfg config.Config, sur app.Surroundings) error {
	dir, err := os.MkdirTemp("", "subspace-demo-")
	if err != nil {
		return fmt.Errorf("demo folder: %w", err)
	}
	defer os.RemoveAll(dir)
	cfg.Data, cfg.Database = dir, ""
	if cfg.SMTPURL == "" && cfg.Alone() {
		cfg.SMTPURL = config.Catch
	}
	tell := sur.Tell
	sur.Tell = nil // the demo has its own greeting
	server, err := app.Open(ctx, cfg, sur)
	if err != nil {
		return err
	}
	secret, _, err := server.SetupSecret(ctx)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return server.Run(ctx) })
	group.Go(func() error { return play(ctx, server, secret, sur.Log, tell) })
	return group.Wait()
}

// play brings the cast in and lets them act until ctx ends.
func play(ctx context.Context, server *app.Server, secret string, log *slog.Logger, tell func(string, ...any)) error {
	s := &stage{
		server: server, base: server.Address(), log: log,
		random: rand.New(rand.NewPCG(7, 11)), // the same show every time
	}
	if err := s.raise(ctx, secret); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("demo: %w", err)
	}
	if err := s.invite(ctx, tell); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.film(ctx) })
	for _, p := range s.people {
		group.Go(func() error { return p.listen(ctx) })
	}
	group.Go(func() error { return s.talk(ctx, s.publicLines()) })
	group.Go(func() error { return s.talk(ctx, s.spaceLines()) })
	group.Go(func() error { return s.ask(ctx) })
	group.Go(func() error { return s.answer(ctx) })
	err := group.Wait()
	if ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled)) {
		return nil
	}
	return err
}

// intermission is how long the demo stays offline after somebody ended the live.
const intermission = 20 * time.Second

// film sends the clip by real RTMP, again when the connection breaks, and a
// while after somebody who plays the creator ended the live.
func (s *stage) film(ctx context.Context) error {
	c, err := loop.Read(clip.Pottery())
	if err != nil {
		return fmt.Errorf("demo clip: %w", err)
	}
	for ctx.Err() == nil {
		take, cut := context.WithCancel(ctx)
		stop := make(chan struct{})
		go func() { // waited for below
			defer close(stop)
			s.untilEnded(take)
			cut()
		}()
		if err := loop.Run(take, s.server.RTMPAddress(), live.ParseKey(s.streamKey), c); err != nil && take.Err() == nil {
			s.log.Info("demo encoder stopped; it comes back", "err", err)
		}
		ended := take.Err() != nil
		cut()
		<-stop
		if ended {
			pause(ctx, intermission)
		} else {
			pause(ctx, 3*time.Second)
		}
	}
	return nil
}

// untilEnded returns when the channel was live and is not any more.
func (s *stage) untilEnded(ctx context.Context) {
	var channel struct{ Live *struct{ State string } }
	for was := false; ctx.Err() == nil; pause(ctx, 2*time.Second) {
		channel.Live = nil
		if err := s.creator.call(ctx, "GET", channelPath, nil, &channel); err != nil {
			continue
		}
		if was && channel.Live == nil {
			return
		}
		was = was || channel.Live != nil
	}
}

// invite prints the three ways in.
func (s *stage) invite(ctx context.Context, tell func(string, ...any)) error {
	tell("Subspace demo at %s — %s is live.\n\n", s.base, creatorName)
	for _, in := range []struct{ as, name, page string }{
		{"the creator   ", creatorName, "/cockpit/" + handle}, {"a subscriber  ", guestSubscriber, "/c/" + handle}, {"a free viewer ", guestViewer, "/c/" + handle},
	} {
		link, err := s.server.SignInLink(ctx, in.name, in.page)
		if err != nil {
			return fmt.Errorf("demo: %w", err)
		}
		tell("  Come in as %s %s\n", in.as, link)
	}
	tell("\nEach link signs in once; open them in separate windows (or private ones).\nPayments are a sandbox: no real money moves. Everything is gone when you stop it with Ctrl-C.\n")
	if s.server.CatchesLetters() {
		tell("Letters are not sent but shown at %s/letters\n", s.base)
	}
	return nil
}

// pause waits, or returns early when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
