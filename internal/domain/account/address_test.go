package account_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/mail"
)

// mailbox is where every letter of a reception arrives.
type mailbox struct {
	*reception
	outbox  *mail.Outbox
	arrived []mail.Message
}

func newMailbox(t testing.TB) *mailbox {
	m := &mailbox{reception: newReception(t)}
	m.outbox = mail.NewOutbox(mail.Config{
		Store: store.UnitOf(m.db, func(tx *store.Tx) mail.OutboxTx { return tx }), Now: m.clock.Now, Carrier: m, Enclose: m.Enclosures(),
		Failed: func(k mail.Kind, err error) { t.Errorf("letter %s: %v", k, err) },
	})
	return m
}

func (m *mailbox) Carry(_ context.Context, letter mail.Message) error {
	m.arrived = append(m.arrived, letter)
	return nil
}

// post delivers what waits and returns it, as 'kind address', with the secrets.
func (m *mailbox) post() (letters []string, secrets map[string]string) {
	m.t.Helper()
	m.arrived, secrets = nil, map[string]string{}
	if err := m.outbox.Send(m.t.Context()); err != nil {
		m.t.Fatal(err)
	}
	for _, l := range m.arrived {
		letters = append(letters, string(l.Kind)+" "+l.Address)
		if s := l.Data["secret"]; s != "" {
			secrets[l.Address] = s
		}
	}
	slices.Sort(letters)
	return letters, secrets
}

func (m *mailbox) posts(want ...string) map[string]string {
	m.t.Helper()
	letters, secrets := m.post()
	if !slices.Equal(letters, want) {
		m.t.Errorf("the post brings %q, want %q", letters, want)
	}
	return secrets
}

func (m *mailbox) asksFor(s account.Session, address string) error {
	return m.AddAddress(m.t.Context(), s, address, at(string(s.Account.ID)))
}

func (m *mailbox) confirms(s account.Session, secret string) error {
	return m.ConfirmAddress(m.t.Context(), s, secret, at("x"))
}

// reachable is somebody with a confirmed address.
func (m *mailbox) reachable(name, address string) account.Opened {
	m.t.Helper()
	o := m.signedUp(name)
	if err := m.asksFor(o.Session, address); err != nil {
		m.t.Fatal(err)
	}
	_, secrets := m.post()
	if err := m.confirms(o.Session, secrets[strings.TrimSpace(address)]); err != nil {
		m.t.Fatal(err)
	}
	return o
}

func (m *mailbox) has(s account.Session, want account.Addresses) {
	m.t.Helper()
	if got, err := m.AddressesOf(m.t.Context(), s); err != nil || got != want {
		m.t.Errorf("the addresses are %+v, want %+v (%v)", got, want, err)
	}
}

func TestAddressIsConfirmedByItsLink(t *testing.T) {
	m := newMailbox(t)
	yuna := m.signedUp("Yuna").Session
	if err := m.asksFor(yuna, " Yuna@Example.org "); err != nil {
		t.Fatal(err)
	}
	m.has(yuna, account.Addresses{Waiting: "Yuna@example.org"})
	secrets := m.posts("address.confirm Yuna@example.org")
	secret := secrets["Yuna@example.org"]
	if len(secret) != 43 {
		t.Errorf("the secret is %q", secret)
	}
	for what, guess := range map[string]string{"a guess": "guess", "nothing": "", "capitals": strings.ToUpper(secret)} {
		if got := reason(m.confirms(yuna, guess)); got != "link_invalid" {
			t.Errorf("%s: %s", what, got)
		}
	}
	if err := m.confirms(yuna, secret); err != nil {
		t.Fatal(err)
	}
	m.has(yuna, account.Addresses{Confirmed: "Yuna@example.org"})
	if got := reason(m.confirms(yuna, secret)); got != "link_invalid" {
		t.Errorf("the link a second time: %s", got)
	}
	if got := reason(m.asksFor(yuna, "Yuna@example.org")); got != "mail_same" {
		t.Errorf("the same address again: %s", got)
	}
	m.posts()
}

// Letters are written in the language of the page that was looked at last.
func TestLettersAreInTheLanguageOfThePage(t *testing.T) {
	m := newMailbox(t)
	french := account.Visitor{Origin: "x", Language: "fr"}
	o, err := m.SignUp(t.Context(), "Yuna", good, french)
	if err != nil {
		t.Fatal(err)
	}
	wrote := func(want string) {
		t.Helper()
		if m.post(); len(m.arrived) != 1 || m.arrived[0].Language != want {
			t.Errorf("%d letters, the first in %q; want %q", len(m.arrived), m.arrived[0].Language, want)
		}
	}
	if err := m.asksFor(o.Session, "yuna@example.org"); err != nil { // by a page that does not say
		t.Fatal(err)
	}
	wrote("fr")
	if err := m.AddAddress(t.Context(), o.Session, "yuna@example.org", account.Visitor{Origin: "x", Language: "en"}); err != nil {
		t.Fatal(err)
	}
	wrote("en")
	if o, err = m.SignIn(t.Context(), "Yuna", good, french); err != nil {
		t.Fatal(err)
	}
	if err := m.asksFor(o.Session, "yuna@example.org"); err != nil {
		t.Fatal(err)
	}
	wrote("fr")
	if err := m.SetLanguage(t.Context(), o.Session, "en"); err != nil {
		t.Fatal(err)
	}
	if err := m.asksFor(o.Session, "yuna@example.org"); err != nil {
		t.Fatal(err)
	}
	wrote("en")
}

func TestLinkOfAnAddressIsForOneDayAndOnePerson(t *testing.T) {
	m := newMailbox(t)
	yuna, noa := m.signedUp("Yuna").Session, m.signedUp("Noa").Session
	if err := m.asksFor(yuna, "yuna@example.org"); err != nil {
		t.Fatal(err)
	}
	secret := m.posts("address.confirm yuna@example.org")["yuna@example.org"]
	if got := reason(m.confirms(noa, secret)); got != "link_elsewhere" {
		t.Errorf("by somebody else: %s", got)
	}
	m.has(noa, account.Addresses{})
	m.clock.Advance(24 * time.Hour)
	if got := reason(m.confirms(yuna, secret)); got != "link_invalid" {
		t.Errorf("a day later: %s", got)
	}
	yuna = m.again("Yuna")
	if err := m.asksFor(yuna, "yuna@example.org"); err != nil {
		t.Fatal(err)
	}
	secret = m.posts("address.confirm yuna@example.org")["yuna@example.org"]
	m.clock.Advance(24*time.Hour - time.Millisecond)
	if err := m.confirms(yuna, secret); err != nil { // what somebody else tried did not spend it
		t.Errorf("within a day: %v", err)
	}
}

// A link confirms the address that it was sent to, not one that was asked for later.
func TestLinkConfirmsOnlyTheAddressItWasSentTo(t *testing.T) {
	m := newMailbox(t)
	yuna := m.signedUp("Yuna").Session
	if err := m.asksFor(yuna, "thief@example.org"); err != nil {
		t.Fatal(err)
	}
	secret := m.posts("address.confirm thief@example.org")["thief@example.org"]
	if err := m.asksFor(yuna, "victim@example.org"); err != nil {
		t.Fatal(err)
	}
	if got := reason(m.confirms(yuna, secret)); got != "link_invalid" {
		t.Errorf("another address by this link: %s", got)
	}
	m.has(yuna, account.Addresses{Waiting: "victim@example.org"})
	// A letter whose address is not wanted any more does not leave.
	if err := m.asksFor(yuna, "third@example.org"); err != nil {
		t.Fatal(err)
	}
	m.posts("address.confirm third@example.org")
	if err := m.KeepAddress(t.Context(), yuna); err != nil {
		t.Fatal(err)
	}
	m.has(yuna, account.Addresses{})
}

// Whether an address belongs to somebody is learned by nobody but its reader.
func TestAddingTellsNobodyWhetherAnAddressIsTaken(t *testing.T) {
	m := newMailbox(t)
	yuna := m.reachable("Yuna", "yuna@example.org").Session
	noa := m.signedUp("Noa").Session
	for _, address := range []string{"Yuna@example.org", "free@example.org"} {
		if err := m.asksFor(noa, address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
		m.has(noa, account.Addresses{Waiting: address})
		secret := m.posts("address.confirm " + address)[address]
		want := map[string]string{"Yuna@example.org": "mail_taken"}[address]
		if got := reason(m.confirms(noa, secret)); got != want {
			t.Errorf("%s is confirmed: %q, want %q", address, got, want)
		}
	}
	m.has(yuna, account.Addresses{Confirmed: "yuna@example.org"})
	m.has(noa, account.Addresses{Confirmed: "free@example.org"})
}

// Two who open their links for one address at the same time: one gets it.
func TestAddressBelongsToOneAccount(t *testing.T) {
	m := newMailbox(t)
	const people = 6
	sessions, secrets := make([]account.Session, people), make([]string, people)
	for i := range people {
		sessions[i] = m.signedUp(fmt.Sprintf("Person %c", 'a'+i)).Session
		m.clock.Advance(time.Hour) // a budget of letters for each
		sessions[i] = m.again(fmt.Sprintf("Person %c", 'a'+i))
		if err := m.asksFor(sessions[i], "one@example.org"); err != nil {
			t.Fatal(err)
		}
		secrets[i] = m.posts("address.confirm one@example.org")["one@example.org"]
	}
	errs := make([]error, people)
	nodes := []*account.Service{m.Service, m.node()}
	var all sync.WaitGroup
	for i := range people {
		all.Go(func() { errs[i] = nodes[i%2].ConfirmAddress(t.Context(), sessions[i], secrets[i], at("x")) })
	}
	all.Wait()
	got := 0
	for _, err := range errs {
		switch reason(err) {
		case "":
			got++
		case "mail_taken":
		default:
			t.Error(err)
		}
	}
	if got != 1 {
		t.Errorf("%d got the address", got)
	}
}

func TestOldAddressIsTold(t *testing.T) {
	m := newMailbox(t)
	yuna := m.reachable("Yuna", "old@example.org").Session
	if err := m.asksFor(yuna, "new@example.org"); err != nil {
		t.Fatal(err)
	}
	m.has(yuna, account.Addresses{Confirmed: "old@example.org", Waiting: "new@example.org"})
	secret := m.posts("address.confirm new@example.org")["new@example.org"]
	if err := m.Forgotten(t.Context(), "old@example.org", at("x")); err != nil {
		t.Fatal(err)
	}
	lost := m.posts("password.forgotten old@example.org")["old@example.org"]
	if err := m.confirms(yuna, secret); err != nil {
		t.Fatal(err)
	}
	m.posts("address.replaced old@example.org")
	m.has(yuna, account.Addresses{Confirmed: "new@example.org"})
	if _, _, err := m.Reset(t.Context(), lost, other, at("x")); reason(err) != "link_invalid" {
		t.Errorf("a link in the old mailbox: %v", err)
	}
	if err := m.RemoveAddress(t.Context(), yuna); err != nil {
		t.Fatal(err)
	}
	m.posts("address.removed new@example.org")
	m.has(yuna, account.Addresses{})
	if err := m.Forgotten(t.Context(), "new@example.org", at("x")); err != nil {
		t.Fatal(err)
	}
	m.posts()
}

// A browser that was left open is not enough to take the account over.
func TestChangingAddressesNeedsAFreshProof(t *testing.T) {
	m := newMailbox(t)
	m.reachable("Yuna", "yuna@example.org")
	yuna := m.again("Yuna")
	m.clock.Advance(10*time.Minute - time.Millisecond)
	if err := m.asksFor(yuna, "new@example.org"); err != nil {
		t.Errorf("within ten minutes: %v", err)
	}
	m.clock.Advance(time.Millisecond)
	for what, err := range map[string]error{"adding": m.asksFor(yuna, "thief@example.org"), "removing": m.RemoveAddress(t.Context(), yuna)} {
		if reason(err) != "proof_needed" {
			t.Errorf("%s without a proof: %v", what, err)
		}
	}
	if err := m.Prove(t.Context(), yuna, other); reason(err) != "wrong_credentials" {
		t.Errorf("a wrong password: %v", err)
	}
	if err := m.Prove(t.Context(), yuna, good); err != nil {
		t.Fatal(err)
	}
	yuna = m.asStored(yuna)
	if err := m.RemoveAddress(t.Context(), yuna); err != nil {
		t.Errorf("after a proof: %v", err)
	}
	// Whoever has nothing to show is not asked.
	o, err := m.SignInLightly(t.Context(), "Light", at("x"))
	if err != nil {
		t.Fatal(err)
	}
	m.clock.Advance(time.Hour)
	if err := m.asksFor(o.Session, "light@example.org"); err != nil {
		t.Errorf("a light account: %v", err)
	}
}

// asStored is the session as the next request sees it.
func (m *mailbox) asStored(s account.Session) account.Session {
	m.t.Helper()
	all, err := m.SessionsOf(m.t.Context(), s)
	if err != nil {
		m.t.Fatal(err)
	}
	for _, x := range all {
		if x.ID == s.ID {
			x.Account = s.Account
			return x
		}
	}
	m.t.Fatal("the session is gone")
	return s
}

func TestLettersThatPeopleAskForAreLimited(t *testing.T) {
	m := newMailbox(t)
	yuna := m.signedUp("Yuna").Session
	for i := range 5 {
		if got := reason(m.asksFor(yuna, fmt.Sprintf("a%d@example.org", i))); (got == "too_many_attempts") != (i == 4) {
			t.Errorf("letter %d of one account: %q", i, got)
		}
	}
	limited := 0
	for i := range 6 {
		noa := m.signedUp(fmt.Sprintf("Person %c", 'a'+i)).Session
		if reason(m.AddAddress(t.Context(), noa, "victim@example.org", at(fmt.Sprint(i)))) == "too_many_attempts" {
			limited++
		}
	}
	if limited != 2 {
		t.Errorf("%d of 6 letters to one address were refused", limited)
	}
	limited = 0
	for i := range 20 {
		noa := m.signedUp("Crowd " + strings.Repeat("x", i+1)).Session
		if reason(m.AddAddress(t.Context(), noa, fmt.Sprintf("b%d@example.org", i), at("one place"))) == "too_many_attempts" {
			limited++
		}
	}
	if limited != 8 {
		t.Errorf("%d of 20 letters from one place were refused", limited)
	}
}

func TestServerWithoutMailSaysSo(t *testing.T) {
	r := newReception(t)
	r.letters = false
	s := r.node()
	yuna := r.signedUp("Yuna").Session
	for what, err := range map[string]error{
		"adding":     s.AddAddress(t.Context(), yuna, "yuna@example.org", at("x")),
		"forgetting": s.Forgotten(t.Context(), "yuna@example.org", at("x")),
	} {
		if reason(err) != "mail_off" {
			t.Errorf("%s: %v", what, err)
		}
	}
	if s.Letters() || !r.Letters() {
		t.Error("it does not know whether it can write")
	}
}
