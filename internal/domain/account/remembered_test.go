package account_test

import (
	"testing"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
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

// Many sessions are learned in one go, and what is learned is forgotten like what
// was asked for.
func TestSessionsOfManyAreLearnedTogether(t *testing.T) {
	s := newReception(t)
	ctx := t.Context()
	yuna, ravi := s.signedUp("Yuna"), s.signedUp("Ravi")
	knows := func(token string) (account.Account, bool) {
		who, known := s.Recall(token)
		return who.Account, known
	}
	if who, known := knows(""); !known || who.ID != "" {
		t.Errorf("without a token: %v, known %v", who, known)
	}
	if _, known := knows(yuna.Token); known {
		t.Fatal("a session is known before it was read: the test proves nothing")
	}
	who, err := s.Learn(ctx, []string{yuna.Token, "nobody's", ravi.Token, "", yuna.Token})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []account.Session{yuna.Session, {}, ravi.Session, {}, yuna.Session} {
		if who[i].ID != want.ID || who[i].Account.ID != want.Account.ID {
			t.Errorf("token %d is %v's, want %v", i, who[i].Account.ID, want.Account.ID)
		}
	}
	if who, known := knows(yuna.Token); !known || who.ID != yuna.Session.Account.ID {
		t.Errorf("what was learned is not known: %v, %v", who, known)
	}
	if _, known := knows("nobody's"); known {
		t.Error("a token that opens nothing is remembered")
	}
	if err := s.SignOut(ctx, yuna.Token); err != nil {
		t.Fatal(err)
	}
	if _, known := knows(yuna.Token); known {
		t.Error("signed out here, and still known")
	}
	if who, err := s.Learn(ctx, []string{yuna.Token}); err != nil || who[0].ID != "" {
		t.Errorf("learned who has signed out: %v, %v", who, err)
	}
	s.clock.Advance(access.Lease)
	if _, known := knows(ravi.Token); known {
		t.Error("known beyond a lease")
	}
	s.clock.Advance(ravi.Session.Expires.Sub(s.clock.Now()))
	if who, err := s.Learn(ctx, []string{ravi.Token}); err != nil || who[0].ID != "" {
		t.Errorf("learned a session that has ended: %v, %v", who, err)
	}
}
