package gateway

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Dock is whom a dock's address stands for, and where.
type Dock struct {
	Account ident.Account
	Name    string
	Handle  string // of its channel
	Scope   access.Scope
}

// docksEvery is how often is looked whether the addresses of docks that are open here
// still open them. That one was revoked is also heard of at once.
const docksEvery = 750 * time.Millisecond

// scope is what a visitor's credential is for; empty: they come as themselves.
func (v *visitor) scope() access.Scope {
	if v.dock == nil {
		return access.Scope{}
	}
	return v.dock.Scope
}

// signInDock says that a dock is calling. Its browser may have a cookie of somebody
// signed in: that is forgotten, so that it opens nothing here.
func (v *visitor) signInDock(ctx context.Context, f ask) (func() error, error) {
	d, err := v.gateway().opt.DockOf(ctx, f.Dock)
	if err != nil {
		return nil, err
	}
	return func() error {
		if v.dock != nil || v.stream || len(v.doors) > 0 {
			return errSignedIn()
		}
		if v.session != nil {
			v.share.mistake(v)
		}
		v.dock = &d
		v.share.docks[v] = struct{}{}
		v.say(encode(dockHelloFrame{Type: "hello", Account: dockAccount{d.Account, d.Name}, Dock: dockPlace{d.Scope.Dock, d.Handle}}))
		return nil
	}, nil
}

// dockHelloFrame greets a dock.
type dockHelloFrame struct {
	Type    string      `json:"type"`
	Account dockAccount `json:"account"`
	Session string      `json:"session"` // none
	Dock    dockPlace   `json:"dock"`
}

type dockAccount struct {
	ID   ident.Account `json:"id"`
	Name string        `json:"name"`
}

type dockPlace struct {
	ID      ident.Dock `json:"id"`
	Channel string     `json:"channel"`
}

// stillDocked refuses what is asked by a dock whose address does not open it any more.
func (g *Gateway) stillDocked(ctx context.Context) error {
	id := access.ScopeOf(ctx).Dock
	if id == "" {
		return nil
	}
	live, err := g.opt.LiveDocks(ctx, []ident.Dock{id})
	if err == nil && !live[id] {
		err = access.DockRevoked()
	}
	return err
}

// heardOfDock closes a dock whose address was revoked. It runs under a tail's lock.
func (g *Gateway) heardOfDock(e event.Encoded) {
	if id := event.RevokedDock(e.Bytes); id != "" {
		g.tellAll(func(s *share) { s.closeDocks(func(open ident.Dock) bool { return open == id }) })
	}
}

// closeDeadDocks closes the docks whose address does not open them any more: what was
// revoked where no bell told of it, or because its person signed out everywhere. While
// it cannot be read they stay as they are, and their private rooms close with the lease.
func (g *Gateway) closeDeadDocks(ctx context.Context) {
	byShare := make([][]ident.Dock, len(g.shares))
	g.everywhere(func(s *share) {
		for v := range s.docks {
			byShare[s.index] = append(byShare[s.index], v.dock.Scope.Dock)
		}
	})
	var ids []ident.Dock
	for _, some := range byShare {
		ids = append(ids, some...)
	}
	if len(ids) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, access.Lease/2)
	defer cancel()
	live, err := g.opt.LiveDocks(ctx, ids)
	if err != nil {
		if ctx.Err() == nil {
			g.opt.Log.Warn("docks cannot be looked at; will try again", "err", err)
		}
		return
	}
	asked := make(map[ident.Dock]bool, len(ids))
	for _, id := range ids {
		asked[id] = true
	}
	g.tellAll(func(s *share) { s.closeDocks(func(open ident.Dock) bool { return asked[open] && !live[open] }) })
}

// closeDocks closes the rooms of the docks that match, says why, and hangs up. On the
// loop.
func (s *share) closeDocks(match func(ident.Dock) bool) {
	why := access.DockRevoked()
	for v := range s.docks {
		if !match(v.dock.Scope.Dock) {
			continue
		}
		for len(v.doors) > 0 {
			v.turnOut(v.doors[0], why.Reason, why.Detail)
		}
		v.conn.Close(closeSignIn, why.Reason, false)
	}
}
