package account_test

import (
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/mail"
)

func TestForgottenPasswordIsSetByALink(t *testing.T) {
	m := newMailbox(t)
	here := m.reachable("Yuna", "yuna@example.org")
	there := m.again("Yuna")
	noa := m.signedUp("Noa")
	if err := m.Forgotten(t.Context(), " YUNA@example.ORG ", at("x")); err != nil {
		t.Fatal(err)
	}
	secret := m.posts("password.forgotten yuna@example.org")["yuna@example.org"] // as she wrote it, not as it was asked
	if m.arrived[0].Name != "Yuna" {
		t.Errorf("the letter greets %q", m.arrived[0].Name)
	}
	for what, in := range map[string][2]string{"link_invalid": {"guess", other}, "password_weak": {secret, "yuna"}} {
		if _, _, err := m.Reset(t.Context(), in[0], in[1], at("x")); reason(err) != what {
			t.Errorf("%v, want %s", err, what)
		}
	}
	if !m.open(here.Token) {
		t.Fatal("a refused reset signed somebody out")
	}
	o, ended, err := m.Reset(t.Context(), secret, other, at("x"))
	if err != nil {
		t.Fatal(err)
	}
	if m.open(here.Token) || !m.open(o.Token) || !m.open(noa.Token) {
		t.Errorf("open are: the one before %v, the new one %v, somebody's %v", m.open(here.Token), m.open(o.Token), m.open(noa.Token))
	}
	if len(ended) != 2 || !(ended[0] == there.ID || ended[1] == there.ID) {
		t.Errorf("ended %v", ended)
	}
	m.posts("password.changed yuna@example.org")
	if _, err := m.SignIn(t.Context(), "Yuna", good, at("x")); reason(err) != "wrong_credentials" {
		t.Errorf("the old password: %v", err)
	}
	if _, err := m.SignIn(t.Context(), "Yuna", other, at("x")); err != nil {
		t.Errorf("the new one: %v", err)
	}
	if _, _, err := m.Reset(t.Context(), secret, good, at("x")); reason(err) != "link_invalid" {
		t.Errorf("the link a second time: %v", err)
	}
}

// Asking answers the same for every address, and writes one row for each.
func TestForgettingTellsNobodyWhoIsKnown(t *testing.T) {
	m := newMailbox(t)
	noa := m.reachable("Noa", "noa@example.org").Session
	m.reachable("Yuna", "yuna@example.org")
	if err := m.asksFor(noa, "waiting@example.org"); err != nil {
		t.Fatal(err)
	}
	m.post()
	for _, address := range []string{"yuna@example.org", "nobody@example.org", "waiting@example.org"} {
		if err := m.Forgotten(t.Context(), address, at("x")); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	var waiting []mail.Queued
	err := m.db.View(t.Context(), func(tx *store.Tx) (err error) {
		waiting, err = tx.DueLetters(t.Context(), m.clock.Now(), 10)
		return err
	})
	if err != nil || len(waiting) != 3 {
		t.Errorf("asking three times wrote %d rows, %v", len(waiting), err)
	}
	m.posts("password.forgotten yuna@example.org")
	if err := m.Forgotten(t.Context(), "yuna@example", at("x")); reason(err) != "mail_invalid" {
		t.Errorf("no address: %v", err)
	}
	// Also when there were too many.
	for _, address := range []string{"yuna@example.org", "nobody@example.org"} {
		for i := range 4 {
			if got := reason(m.Forgotten(t.Context(), address, at(address))); (got == "too_many_attempts") != (i == 3) {
				t.Errorf("%s, letter %d: %q", address, i+2, got)
			}
		}
	}
}

func TestLinkOfAForgottenPasswordLastsAnHour(t *testing.T) {
	m := newMailbox(t)
	m.reachable("Yuna", "yuna@example.org")
	if err := m.Forgotten(t.Context(), "yuna@example.org", at("x")); err != nil {
		t.Fatal(err)
	}
	secret := m.posts("password.forgotten yuna@example.org")["yuna@example.org"]
	m.clock.Advance(time.Hour)
	if _, _, err := m.Reset(t.Context(), secret, other, at("x")); reason(err) != "link_invalid" {
		t.Errorf("an hour later: %v", err)
	}
	// Nor does a letter leave that was asked for an hour ago.
	if err := m.Forgotten(t.Context(), "yuna@example.org", at("x")); err != nil {
		t.Fatal(err)
	}
	m.clock.Advance(time.Hour)
	m.posts()
}

// A link to confirm an address sets no password, and the other way round.
func TestLinksAreGoodForOneThing(t *testing.T) {
	m := newMailbox(t)
	yuna := m.reachable("Yuna", "yuna@example.org").Session
	if err := m.asksFor(yuna, "YUNA@example.org"); err != nil { // the same mailbox
		t.Fatal(err)
	}
	confirm := m.posts("address.confirm YUNA@example.org")["YUNA@example.org"]
	if err := m.Forgotten(t.Context(), "yuna@example.org", at("x")); err != nil {
		t.Fatal(err)
	}
	password := m.posts("password.forgotten yuna@example.org")["yuna@example.org"]
	link, err := m.SignInLink(t.Context(), yuna.Account.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{confirm, link} {
		if _, _, err := m.Reset(t.Context(), secret, other, at("x")); reason(err) != "link_invalid" {
			t.Errorf("another link sets a password: %v", err)
		}
	}
	for _, secret := range []string{password, link} {
		if err := m.confirms(yuna, secret); reason(err) != "link_invalid" {
			t.Errorf("another link confirms an address: %v", err)
		}
	}
	for _, secret := range []string{password, confirm} {
		if _, err := m.SignInByLink(t.Context(), secret, at("x")); reason(err) != "link_invalid" {
			t.Errorf("another link signs in: %v", err)
		}
	}
}

func TestLinkSetsOnePassword(t *testing.T) {
	m := newMailbox(t)
	m.reachable("Yuna", "yuna@example.org")
	if err := m.Forgotten(t.Context(), "yuna@example.org", at("x")); err != nil {
		t.Fatal(err)
	}
	secret := m.posts("password.forgotten yuna@example.org")["yuna@example.org"]
	const tries = 4
	nodes := []*account.Service{m.Service, m.node()}
	errs := make([]error, tries)
	var all sync.WaitGroup
	for i := range tries {
		all.Go(func() { _, _, errs[i] = nodes[i%2].Reset(t.Context(), secret, other, at("x")) })
	}
	all.Wait()
	set := 0
	for _, err := range errs {
		switch reason(err) {
		case "":
			set++
		case "link_invalid":
		default:
			t.Error(err)
		}
	}
	if set != 1 {
		t.Errorf("%d passwords were set by one link", set)
	}
}
