package webrtc

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	pion "github.com/pion/webrtc/v4"

	"github.com/subspace-live/subspace/internal/domain/live"
)

func listening(t *testing.T) (*Server, *bytes.Buffer) {
	t.Helper()
	var said bytes.Buffer
	s := New(Config{Viewers: 3, Random: rand.Reader, Now: time.Now, Log: slog.New(slog.NewTextHandler(&said, nil))})
	if err := s.Listen("127.0.0.1:0", nil, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Release() })
	return s, &said
}

func TestABrokenParserEndsOnlyItsConnection(t *testing.T) {
	const secret = "sk_that_nobody_reads"
	for name, breaks := range map[string]func(*Server, *peer){
		"of its life": func(s *Server, p *peer) {
			if err := s.begin(p, func(context.Context) { panic("index out of range") }); err != nil {
				t.Fatal(err)
			}
		},
		"of a track": func(s *Server, p *peer) {
			p.spawn(func() { panic("index out of range") })
			if err := s.begin(p, func(context.Context) { p.meet(time.Minute) }); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, said := listening(t)
			other, err := s.newPeer(secret, s.Log)
			if err != nil {
				t.Fatal(err)
			}
			p, err := s.newPeer(secret, s.Log)
			if err != nil {
				t.Fatal(err)
			}
			breaks(s, p)
			<-p.done
			s.wait.Wait()
			if why := p.cause(); !errors.Is(why, errBroken) {
				t.Errorf("it ended with %v", why)
			}
			if s.peer(p.id) != nil {
				t.Error("it is still known")
			}
			if other.cause() != nil {
				t.Errorf("another ended with it: %v", other.cause())
			}
			other.close()
			if text := said.String(); !strings.Contains(text, "index out of range") || strings.Contains(text, secret) {
				t.Errorf("the log says %q", text)
			}
		})
	}
}

// What an encoder began is closed as after any other loss.
func TestABrokenPictureIsALossOfItsEncoder(t *testing.T) {
	s, _ := listening(t)
	p, err := s.newPeer("", s.Log)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	c := newSource(s, p, live.Key{}, "c", false)
	c.line = nil // whatever comes breaks
	c.heard <- heard{kind: pion.RTPCodecTypeVideo}
	if err := c.receive(t.Context()); !errors.Is(err, errBroken) {
		t.Errorf("%v", err)
	}
}
