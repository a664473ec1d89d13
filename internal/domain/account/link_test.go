package account_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/account"
)

func TestLinkSignsInOnce(t *testing.T) {
	r := newReception(t)
	yuna := r.signedUp("Yuna").Session.Account
	link, err := r.SignInLink(t.Context(), yuna.ID)
	if err != nil {
		t.Fatal(err)
	}
	const tries = 8
	opened := make([]error, tries)
	var all sync.WaitGroup
	for i := range tries {
		all.Go(func() { _, opened[i] = r.SignInByLink(t.Context(), link, at("x")) })
	}
	all.Wait()
	in := 0
	for _, err := range opened {
		switch reason(err) {
		case "":
			in++
		case "link_invalid":
		default:
			t.Error(err)
		}
	}
	if in != 1 {
		t.Errorf("%d came in by one link", in)
	}
	late, err := r.SignInLink(t.Context(), yuna.ID)
	if err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(7 * 24 * time.Hour)
	if _, err := r.SignInByLink(t.Context(), late, at("x")); reason(err) != "link_invalid" {
		t.Errorf("a week later: %v", err)
	}
	setup, open, err := r.SetupSecret(t.Context())
	if err != nil || !open {
		t.Fatal(err)
	}
	if _, err := r.SignInByLink(t.Context(), setup, at("x")); reason(err) != "link_invalid" {
		t.Errorf("the first owner's link used to sign in: %v", err)
	}
}

func TestFirstOwnerIsMadeOnce(t *testing.T) {
	r := newReception(t)
	if needs, err := r.NeedsOwner(t.Context()); err != nil || !needs {
		t.Fatal(needs, err)
	}
	old, _, err := r.SetupSecret(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	secret, open, err := r.SetupSecret(t.Context())
	if err != nil || !open {
		t.Fatal(err)
	}
	for what, guess := range map[string]string{"a guess": "guess", "nothing": ""} {
		if _, err := r.Found(t.Context(), guess, "Inès", good, at("x")); reason(err) != "setup_token_wrong" {
			t.Errorf("%s: %v", what, err)
		}
	}
	link, err := r.SignInLink(t.Context(), r.signedUp("Yuna").Session.Account.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Found(t.Context(), link, "Inès", good, at("x")); reason(err) != "setup_token_wrong" {
		t.Errorf("a sign-in link makes an owner: %v", err)
	}
	// A refusal does not spend the link.
	for in, want := range map[[2]string]string{{"Inès", "short"}: "password_weak", {"Yuna", good}: "name_taken", {"@", good}: "name_invalid"} {
		if _, err := r.Found(t.Context(), secret, in[0], in[1], at("x")); reason(err) != want {
			t.Errorf("%v: %v, want %s", in, err, want)
		}
	}
	o, err := r.Found(t.Context(), secret, "Inès", good, at("x"))
	if err != nil || !o.Session.Account.Operator || !r.open(o.Token) {
		t.Fatalf("%+v %v", o, err)
	}
	for what, spent := range map[string]string{"the same link": secret, "the link of another start": old} {
		if _, err := r.Found(t.Context(), spent, "Another", good, at("x")); reason(err) != "setup_closed" {
			t.Errorf("a second owner by %s: %v", what, err)
		}
	}
	if _, open, err := r.SetupSecret(t.Context()); err != nil || open {
		t.Errorf("a link for a second owner: %v %v", open, err)
	}
	if needs, err := r.NeedsOwner(t.Context()); err != nil || needs {
		t.Errorf("still needs an owner: %v %v", needs, err)
	}
}

// Two nodes that start together print a link each; still one owner comes of it.
func TestFirstOwnerIsMadeOnceByTwoNodes(t *testing.T) {
	for range 3 {
		r := newReception(t)
		nodes := []*account.Service{r.Service, r.node(), r.node()}
		secrets, errs := make([]string, len(nodes)), make([]error, len(nodes))
		var all sync.WaitGroup
		for i, n := range nodes {
			all.Go(func() { secrets[i], _, errs[i] = n.SetupSecret(t.Context()) })
		}
		all.Wait()
		for i, n := range nodes {
			all.Go(func() { _, errs[i] = n.Found(t.Context(), secrets[i], fmt.Sprintf("Owner %c", 'a'+i), good, at("x")) })
		}
		all.Wait()
		owners := 0
		for _, err := range errs {
			switch reason(err) {
			case "":
				owners++
			case "setup_closed", "setup_token_wrong":
			default:
				t.Error(err)
			}
		}
		if owners != 1 {
			t.Fatalf("%d first owners: %v", owners, errs)
		}
	}
}
