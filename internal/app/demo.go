package app

import (
	"context"
	"net/url"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// SetupSecret returns the one-time secret that makes the first owner; false when
// there is an owner. The demo and tests become the owner with it.
func (s *Server) SetupSecret(ctx context.Context) (string, bool, error) {
	return s.parts.accounts.SetupSecret(ctx)
}

// SignInLink returns a one-time address that signs its holder in as the account
// of that name and then shows the page at path.
func (s *Server) SignInLink(ctx context.Context, name, path string) (string, error) {
	who, err := s.parts.accounts.ByName(ctx, name)
	if err != nil {
		return "", err
	}
	secret, err := s.parts.accounts.SignInLink(ctx, who.ID)
	return s.Address() + "/link?to=" + url.QueryEscape(path) + "#" + secret, err
}

// CatchesLetters reports whether letters are shown instead of sent.
func (s *Server) CatchesLetters() bool { return s.parts.catcher != nil }

// RTMPAddress returns host:port at which encoders on this machine reach the server.
func (s *Server) RTMPAddress() string { return dialable(s.rtmp.Addr()) }

// Viewers returns how many watch a channel now.
func (s *Server) Viewers(id ident.Channel) int { return s.parts.gateway.Viewers(id) }
