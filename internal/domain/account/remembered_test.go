package account_test

import (
	"testing"

	"github.com/subspace-live/subspace/internal/domain/access"
)

// A door that only sends may know a session for a lease; whoever signs out here,
// or changes the password here, is forgotten at once; what a person does is
// always asked of the database.
func TestSessionsAreRememberedForALeaseAtMost(t *testing.T) {
	s := newReception(t)
	ctx := t.Context()
	listens := func(token string) bool {
		t.Helper()
		_, ok, err := s.Listening(ctx, token)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	opened := s.signedUp("Yuna")
	if !listens(opened.Token) {
		t.Fatal("a fresh session is not known")
	}
	if err := s.node().SignOut(ctx, opened.Token); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.Whose(ctx, opened.Token); ok || err != nil {
		t.Errorf("acting with a session that was signed out elsewhere: %v %v", ok, err)
	}
	if !listens(opened.Token) {
		t.Error("not remembered: the test proves nothing")
	}
	s.clock.Advance(access.Lease)
	if listens(opened.Token) {
		t.Error("remembered beyond a lease")
	}

	second, err := s.SignIn(ctx, "Yuna", good, at("here"))
	if err != nil {
		t.Fatal(err)
	}
	third, err := s.SignIn(ctx, "Yuna", good, at("here"))
	if err != nil {
		t.Fatal(err)
	}
	listens(second.Token)
	listens(third.Token)
	if err := s.SetPassword(ctx, second.Session, good, "another "+good); err != nil {
		t.Fatal(err)
	}
	if listens(third.Token) || !listens(second.Token) {
		t.Error("a new password leaves the wrong sessions")
	}
	if err := s.SignOut(ctx, second.Token); err != nil {
		t.Fatal(err)
	}
	if listens(second.Token) {
		t.Error("signed out here, and still listening")
	}
}
