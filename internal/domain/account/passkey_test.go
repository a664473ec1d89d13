package account_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/passkey"
	"github.com/subspace-live/subspace/internal/adapter/passkey/passkeytest"
	"github.com/subspace-live/subspace/internal/domain/account"
)

func home() account.Site {
	return account.Site{Name: "live.example.org", Origin: "https://live.example.org"}
}

func phone() *passkeytest.Device { return &passkeytest.Device{Origin: home().Origin} }

// adds makes a passkey on a device.
func (r *reception) adds(s account.Session, d *passkeytest.Device, name string) (account.Passkey, error) {
	r.t.Helper()
	begun, err := r.InvitePasskey(r.t.Context(), s, home(), at("x"))
	if err != nil {
		return account.Passkey{}, err
	}
	answer := d.Make(r.t, begun.Options)
	if answer == nil {
		return account.Passkey{}, fmt.Errorf("the device has one already")
	}
	return r.AddPasskey(r.t.Context(), s, home(), begun.Secret, name, answer)
}

// keyed is somebody with a password and a passkey.
func (r *reception) keyed(name string, d *passkeytest.Device) account.Opened {
	r.t.Helper()
	o := r.signedUp(name)
	if _, err := r.adds(o.Session, d, "phone"); err != nil {
		r.t.Fatal(err)
	}
	return o
}

func (r *reception) asks() account.Begun {
	r.t.Helper()
	begun, err := r.AskForPasskey(r.t.Context(), home(), at(fmt.Sprint(r.clock.Now(), time.Now())))
	if err != nil {
		r.t.Fatal(err)
	}
	return begun
}

func (r *reception) signsIn(d *passkeytest.Device) (account.Opened, error) {
	r.t.Helper()
	begun := r.asks()
	return r.SignInByPasskey(r.t.Context(), home(), begun.Secret, d.Sign(r.t, begun.Options), at(fmt.Sprint(time.Now())))
}

func TestPasskeySignsInWithoutAName(t *testing.T) {
	r := newReception(t)
	d := phone()
	yuna := r.keyed("Yuna", d).Session
	r.keyed("Noa", phone())
	for range 3 { // its counter counts
		o, err := r.signsIn(d)
		if err != nil {
			t.Fatal(err)
		}
		if o.Session.Account.ID != yuna.Account.ID || o.Session.Proof != account.ByPasskey || !r.open(o.Token) {
			t.Errorf("signed in as %+v", o.Session)
		}
	}
	all, err := r.PasskeysOf(t.Context(), yuna)
	if err != nil || len(all) != 1 || all[0].Name != "phone" || !all[0].Used.Equal(r.clock.Now()) || strings.Contains(all[0].Record, "private") {
		t.Errorf("%+v %v", all, err)
	}
	silent := phone()
	silent.Silent = true // user verification is preferred, not required
	r.keyed("Silent", silent)
	if _, err := r.signsIn(silent); err != nil {
		t.Errorf("a plain security key: %v", err)
	}
	still := phone()
	r.keyed("Still", still)
	still.Keys()[0].Counter = 0 // synchronised passkeys do not count, and this one began with 1
	if _, err := r.signsIn(still); reason(err) != "passkey_copied" {
		t.Errorf("a counter that went back to nothing: %v", err)
	}
}

// An answer counts once, in its time, for its site, challenge and passkey.
func TestAnswersOfPasskeysAreChecked(t *testing.T) {
	r := newReception(t)
	d := phone()
	yuna := r.keyed("Yuna", d).Session
	stranger := phone()
	r.keyed("Noa", stranger)
	signIn := func(site account.Site, secret string, answer []byte) string {
		t.Helper()
		_, err := r.SignInByPasskey(t.Context(), site, secret, answer, at(fmt.Sprint(time.Now())))
		return reason(err)
	}
	begun := r.asks()
	answer := d.Sign(t, begun.Options)
	if got := signIn(home(), "guess", answer); got != "ceremony_over" {
		t.Errorf("a guessed ceremony: %q", got)
	}
	if got := signIn(home(), begun.Secret, answer); got != "" {
		t.Fatalf("the right answer: %q", got)
	}
	if got := signIn(home(), begun.Secret, answer); got != "ceremony_over" {
		t.Errorf("twice: %q", got)
	}
	if got := signIn(home(), r.asks().Secret, answer); got != "passkey_invalid" {
		t.Errorf("for another challenge: %q", got)
	}
	begun = r.asks()
	answer = d.Sign(t, begun.Options)
	r.clock.Advance(5 * time.Minute)
	if got := signIn(home(), begun.Secret, answer); got != "ceremony_over" {
		t.Errorf("after five minutes: %q", got)
	}
	for name, lie := range map[string]func(*passkeytest.Device){
		"on another page":     func(d *passkeytest.Device) { d.Origin = "https://evil.example" },
		"on a page like ours": func(d *passkeytest.Device) { d.Origin = "http://live.example.org" },
		"on another port":     func(d *passkeytest.Device) { d.Origin = "https://live.example.org:8443" },
		"for another site":    func(d *passkeytest.Device) { d.Site = "evil.example" },
	} {
		liar := d.Copy()
		lie(liar)
		liar.Keys()[0].Counter += 1000
		begun := r.asks()
		if got := signIn(home(), begun.Secret, liar.Sign(t, begun.Options)); got != "passkey_invalid" {
			t.Errorf("%s: %q", name, got)
		}
	}
	for name, spoil := range map[string]func([]byte) []byte{
		"no answer":     func([]byte) []byte { return nil },
		"no JSON":       func([]byte) []byte { return []byte("{") },
		"null":          func([]byte) []byte { return []byte("null") },
		"nobody's name": func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(d.Keys()[0].Credential()), []byte("AAAA")) },
		"another's name": func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte(d.Keys()[0].Credential()), []byte(stranger.Keys()[0].Credential()))
		},
		"of a making": func([]byte) []byte {
			return phone().Make(t, []byte(`{"challenge":"","rp":{"id":"live.example.org"},"user":{"id":""}}`))
		},
	} {
		begun := r.asks()
		got := signIn(home(), begun.Secret, spoil(d.Sign(t, begun.Options)))
		if want := map[bool]string{true: "passkey_unknown", false: "passkey_invalid"}[name == "nobody's name"]; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	// A ceremony that makes a passkey does not sign in, nor the other way round.
	making, err := r.InvitePasskey(t.Context(), r.again("Yuna"), home(), at("y"))
	if err != nil {
		t.Fatal(err)
	}
	if got := signIn(home(), making.Secret, d.Sign(t, making.Options)); got != "ceremony_over" {
		t.Errorf("signing in by a making: %q", got)
	}
	begun = r.asks()
	if _, err := r.AddPasskey(t.Context(), yuna, home(), begun.Secret, "phone", phone().Make(t, making.Options)); reason(err) != "ceremony_over" {
		t.Errorf("making by a question: %v", err)
	}
}

// again signs in once more.
func (r *reception) again(name string) account.Session {
	r.t.Helper()
	o, err := r.SignIn(r.t.Context(), name, good, at("x"))
	if err != nil {
		r.t.Fatal(err)
	}
	return o.Session
}

// Two devices with one key: whoever signs in second, with a counter that does
// not go on, is refused.
func TestCopiedPasskeyIsRefused(t *testing.T) {
	r := newReception(t)
	d := phone()
	r.keyed("Yuna", d)
	thief := d.Copy()
	for range 2 {
		if _, err := r.signsIn(d); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.signsIn(thief); reason(err) != "passkey_copied" {
		t.Errorf("a copy: %v", err)
	}
	if _, err := r.signsIn(d); err != nil {
		t.Errorf("the device itself, afterwards: %v", err)
	}
}

// crowd holds answers up until all that are expected have been read.
type crowd struct {
	passkey.Authenticators
	sync.WaitGroup
}

func (c *crowd) Verify(site account.Site, p account.Passkey, record string, answer []byte) (account.Passkey, error) {
	c.Done()
	c.Wait()
	return c.Authenticators.Verify(site, p, record, answer)
}

// Copies that answer at the same moment: one comes in.
func TestOneOfManyCopiesComesIn(t *testing.T) {
	r := newReception(t)
	d := phone()
	r.keyed("Yuna", d)
	const copies = 8
	begun, answers, errs := make([]account.Begun, copies), make([][]byte, copies), make([]error, copies)
	for i := range copies {
		begun[i] = r.asks()
		answers[i] = d.Copy().Sign(t, begun[i].Options)
	}
	crowd := &crowd{}
	crowd.Add(copies)
	r.keys = crowd
	nodes := []*account.Service{r.node(), r.node()}
	var all sync.WaitGroup
	for i := range copies {
		all.Go(func() {
			_, errs[i] = nodes[i%2].SignInByPasskey(t.Context(), home(), begun[i].Secret, answers[i], at(fmt.Sprint("copy", i)))
		})
	}
	all.Wait()
	in := 0
	for _, err := range errs {
		switch reason(err) {
		case "":
			in++
		case "ceremony_over":
		default:
			t.Error(err)
		}
	}
	if in != 1 {
		t.Errorf("%d copies came in", in)
	}
}

func TestPasskeyIsMadeForItsAccountAndOnce(t *testing.T) {
	r := newReception(t)
	d := phone()
	yuna, noa := r.keyed("Yuna", d).Session, r.signedUp("Noa").Session
	if _, err := r.adds(yuna, d, "phone"); err == nil {
		t.Error("a device makes a second passkey for one account")
	}
	begun, err := r.InvitePasskey(t.Context(), yuna, home(), at("x"))
	if err != nil {
		t.Fatal(err)
	}
	answer := phone().Make(t, begun.Options)
	if _, err := r.AddPasskey(t.Context(), yuna, home(), begun.Secret, " ", answer); reason(err) != "passkey_name_invalid" {
		t.Errorf("without a name: %v", err)
	}
	if _, err := r.AddPasskey(t.Context(), noa, home(), begun.Secret, "mine", answer); reason(err) != "ceremony_over" {
		t.Errorf("for somebody else: %v", err)
	}
	begun, err = r.InvitePasskey(t.Context(), yuna, home(), at("x"))
	if err != nil {
		t.Fatal(err)
	}
	away := phone()
	away.Origin = "https://evil.example"
	if _, err := r.AddPasskey(t.Context(), yuna, home(), begun.Secret, "away", away.Make(t, begun.Options)); reason(err) != "passkey_invalid" {
		t.Errorf("made on another page: %v", err)
	}
	begun, err = r.InvitePasskey(t.Context(), yuna, home(), at("x"))
	if err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(5 * time.Minute)
	if _, err := r.AddPasskey(t.Context(), yuna, home(), begun.Secret, "late", phone().Make(t, begun.Options)); reason(err) != "ceremony_over" {
		t.Errorf("after five minutes: %v", err)
	}
	r.clock.Advance(5 * time.Minute)
	if _, err := r.InvitePasskey(t.Context(), yuna, home(), at("x")); reason(err) != "proof_needed" {
		t.Errorf("by a browser that was left open: %v", err)
	}
}

func TestPasskeysAreNamedAndRemoved(t *testing.T) {
	r := newReception(t)
	yuna := r.keyed("Yuna", phone()).Session
	noa := r.signedUp("Noa").Session
	key := phone()
	added, err := r.adds(yuna, key, "  key   on the ring ")
	if err != nil || added.Name != "key on the ring" {
		t.Fatalf("%+v %v", added, err)
	}
	if err := r.RenamePasskey(t.Context(), noa, added.ID, "mine"); reason(err) != "passkey_missing" {
		t.Errorf("renamed by somebody else: %v", err)
	}
	if err := r.RenamePasskey(t.Context(), yuna, added.ID, strings.Repeat("x", 41)); reason(err) != "passkey_name_invalid" {
		t.Errorf("a long name: %v", err)
	}
	if err := r.RenamePasskey(t.Context(), yuna, added.ID, "ring"); err != nil {
		t.Error(err)
	}
	if err := r.RemovePasskey(t.Context(), noa, added.ID); reason(err) != "passkey_missing" {
		t.Errorf("removed by somebody else: %v", err)
	}
	if err := r.RemovePasskey(t.Context(), yuna, added.ID); err != nil {
		t.Error(err)
	}
	if _, err := r.signsIn(key); reason(err) != "passkey_unknown" {
		t.Errorf("with a removed passkey: %v", err)
	}
	all, err := r.PasskeysOf(t.Context(), yuna)
	if err != nil || len(all) != 1 || all[0].Name != "phone" {
		t.Errorf("%+v %v", all, err)
	}
	r.clock.Advance(10 * time.Minute)
	if err := r.RemovePasskey(t.Context(), yuna, all[0].ID); reason(err) != "proof_needed" {
		t.Errorf("by a browser that was left open: %v", err)
	}
}

// An account always keeps a way in, also when its last two passkeys are removed
// at the same time.
func TestLastWayInStays(t *testing.T) {
	r := newReception(t)
	o, err := r.SignInLightly(t.Context(), "Yuna", at("x"))
	if err != nil {
		t.Fatal(err)
	}
	d := phone()
	if _, err := r.adds(o.Session, d, "one"); err != nil { // a light account has nothing to prove
		t.Fatal(err)
	}
	in, err := r.signsIn(d)
	if err != nil || !in.Session.Account.Full() {
		t.Fatalf("%+v %v", in, err)
	}
	yuna := in.Session
	if _, err := r.adds(yuna, phone(), "two"); err != nil {
		t.Fatal(err)
	}
	all, err := r.PasskeysOf(t.Context(), yuna)
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	errs := make([]error, 2)
	nodes := []*account.Service{r.Service, r.node()}
	var both sync.WaitGroup
	for i, p := range all {
		both.Go(func() { errs[i] = nodes[i].RemovePasskey(t.Context(), yuna, p.ID) })
	}
	both.Wait()
	if got := reason(errs[0]) + reason(errs[1]); got != "last_way_in" {
		t.Errorf("removing both: %v", errs)
	}
	all, err = r.PasskeysOf(t.Context(), yuna)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	if _, err := r.Service.SetPassword(t.Context(), yuna, "", good, true); err != nil {
		t.Fatal(err)
	}
	if err := r.RemovePasskey(t.Context(), yuna, all[0].ID); err != nil {
		t.Errorf("beside a password: %v", err)
	}
}

// A passkey shows who sits there as well as the old password does, if it is theirs.
func TestPasskeyStandsForTheOldPassword(t *testing.T) {
	r := newReception(t)
	d, stranger := phone(), phone()
	r.keyed("Yuna", d)
	r.keyed("Noa", stranger)
	yuna := r.again("Yuna")
	prove := func(d *passkeytest.Device) error {
		begun := r.asks()
		return r.ProveByPasskey(t.Context(), yuna, home(), begun.Secret, d.Sign(t, begun.Options))
	}
	change := func() error {
		session, _, err := r.Whose(t.Context(), r.token)
		if err != nil {
			t.Fatal(err)
		}
		return r.SetPassword(t.Context(), session, "", other)
	}
	o, err := r.SignIn(t.Context(), "Yuna", good, at("x"))
	if err != nil {
		t.Fatal(err)
	}
	yuna, r.token = o.Session, o.Token
	if err := change(); reason(err) != "wrong_credentials" {
		t.Errorf("with neither: %v", err)
	}
	if err := prove(stranger); reason(err) != "passkey_elsewhere" {
		t.Errorf("with somebody else's passkey: %v", err)
	}
	if err := change(); reason(err) != "wrong_credentials" {
		t.Errorf("after somebody else's passkey: %v", err)
	}
	if err := prove(d); err != nil {
		t.Fatal(err)
	}
	if err := change(); err != nil {
		t.Errorf("with a passkey: %v", err)
	}
	r.clock.Advance(10 * time.Minute)
	if err := change(); reason(err) != "wrong_credentials" {
		t.Errorf("ten minutes later: %v", err)
	}
}

func TestNumberOfPasskeysIsBounded(t *testing.T) {
	r := newReception(t)
	yuna := r.signedUp("Yuna").Session
	for i := range 21 {
		if _, err := r.adds(yuna, phone(), fmt.Sprint(i)); (reason(err) == "too_many_passkeys") != (i == 20) {
			t.Errorf("passkey %d: %v", i, err)
		}
	}
}
