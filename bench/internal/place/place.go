// Package place sets up real Subspace servers, by the doors that people use.
//
// Owns: starting bin/subspace on a folder or database, the first owner by the
// printed link, channels, accounts in great number. Promises: nothing is written
// behind the server's back; a folder prepared once can be copied, so that each
// measured process begins fresh with people who have sessions. Does not do:
// sockets.
package place

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"strings"

	"github.com/subspace-live/subspace/bench/internal/child"
)

// Options says which server is started.
type Options struct {
	Binary string
	Data   string // folder; must exist
	// Args are more settings, as on the command line.
	Args []string
}

// Server is a running Subspace.
type Server struct {
	*child.Process
	URL  string
	Host string // with port
}

// Serve starts a server and waits until it listens.
func Serve(ctx context.Context, opt Options) (*Server, error) {
	args := []string{"serve", "--data", opt.Data, "--listen", "127.0.0.1:0", "--rtmp-listen", "127.0.0.1:0", "--rtc-listen", "off", "--log-level", "warn"}
	const ready = "Subspace is running at "
	p, err := child.Start(ctx, child.Program{Path: opt.Binary, Args: append(args, opt.Args...), Ready: ready})
	if err != nil {
		return nil, err
	}
	_, url, _ := strings.Cut(p.Ready, ready)
	_, host, ok := strings.Cut(url, "://")
	if !ok {
		p.Stop()
		return nil, fmt.Errorf("start the server: it says %q", p.Ready)
	}
	return &Server{Process: p, URL: url, Host: host}, nil
}

// Person is somebody with a session.
type Person struct {
	ID     string
	Name   string
	Cookie string // as it is sent
}

// Found makes the first owner by the link that the server printed, with a
// channel that sells and whose Sub Space is open.
func (s *Server) Found(ctx context.Context, handle string) (Person, error) {
	line, err := s.Line(ctx, "/setup#")
	if err != nil {
		return Person{}, fmt.Errorf("find the setup link: %w", err)
	}
	_, secret, _ := strings.Cut(line, "/setup#")
	c := NewCaller(s.URL, "127.0.2.1")
	defer c.Close()
	owner, err := c.enter(ctx, "/api/setup", map[string]any{
		"token": strings.TrimSpace(secret), "name": "Owner of " + handle, "password": "pass " + rand.Text(),
		"handle": handle, "title": "The place of " + handle,
	})
	if err != nil {
		return owner, fmt.Errorf("found the channel: %w", err)
	}
	err = c.Call(ctx, owner, "PATCH", "/api/channels/"+handle, map[string]any{
		"space_open": true, "price": map[string]any{"minor": 499, "currency": "EUR"},
	}, nil)
	if err != nil {
		return owner, fmt.Errorf("open the Sub Space: %w", err)
	}
	return owner, nil
}

// Another opens a second channel with an owner of its own.
func (s *Server) Another(ctx context.Context, first Person, handle string) (Person, error) {
	c := NewCaller(s.URL, "127.0.2.1")
	defer c.Close()
	owner, err := c.enter(ctx, "/api/accounts", map[string]any{"name": "Owner of " + handle, "password": "pass " + rand.Text()})
	if err != nil {
		return owner, fmt.Errorf("sign up the owner of %s: %w", handle, err)
	}
	err = c.Call(ctx, first, "POST", "/api/channels", map[string]any{
		"handle": handle, "title": "The place of " + handle, "owner": owner.Name,
	}, nil)
	if err != nil {
		return owner, fmt.Errorf("open %s: %w", handle, err)
	}
	return owner, nil
}

// Copy copies a prepared folder, whose server has stopped, to a fresh one.
func Copy(from, to string) error {
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return fmt.Errorf("copy the prepared folder: %w", err)
	}
	return nil
}
