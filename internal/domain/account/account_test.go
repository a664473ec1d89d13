package account_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/passkey"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	good  = "a good password"
	other = "another password"
)

// reception is the accounts of one node.
type reception struct {
	*account.Service
	t       testing.TB
	clock   *storetest.Clock
	url     string
	db      *store.DB
	letters bool
	keys    account.Authenticators
	token   string // of the session in question
}

func newReception(t testing.TB) *reception {
	t.Helper()
	r := &reception{t: t, clock: storetest.NewClock(), url: storetest.URL(t), letters: true, keys: passkey.Authenticators{}}
	r.Service = r.node()
	return r
}

// node opens the database once more, as another server would.
func (r *reception) node() *account.Service {
	r.t.Helper()
	db := storetest.Open(r.t, r.url, r.clock.Now, nil)
	if r.db == nil {
		r.db = db
	}
	s, err := account.NewService(account.Config{
		Store: store.UnitOf(db, func(tx *store.Tx) account.Tx { return tx }), Sessions: db.Rights(),
		IDs: ident.NewSource(r.clock.Now, rand.Reader), Now: r.clock.Now, Random: rand.Reader, Letters: r.letters, Keys: r.keys,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

// at is a visitor from an address.
func at(origin string) account.Visitor { return account.Visitor{Origin: origin} }

// SetPassword changes a password and signs out everybody else.
func (r *reception) SetPassword(ctx context.Context, s account.Session, current, password string) error {
	_, err := r.Service.SetPassword(ctx, s, current, password, false)
	return err
}

func (r *reception) signedUp(name string) account.Opened {
	r.t.Helper()
	o, err := r.SignUp(r.t.Context(), name, good, at("somewhere"))
	if err != nil {
		r.t.Fatal(err)
	}
	return o
}

func (r *reception) open(token string) bool {
	r.t.Helper()
	_, ok, err := r.Whose(r.t.Context(), token)
	if err != nil {
		r.t.Fatal(err)
	}
	return ok
}

func reason(err error) string {
	if f := fault.Of(err); f != nil {
		return f.Reason
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// Names that look alike are one name.
func TestLookAlikesAreOneName(t *testing.T) {
	for name, alike := range map[string][]string{
		"Paypal":     {"paypal", "PAYPAL", "Pаypаl" /* Cyrillic а */, "Payраl" /* Cyrillic ра */, "P4ypal", "Pay pal", "P.a.y.p.a.l", "Ρaypal" /* Greek Ρ */},
		"Noel":       {"Noël", "noe\u0308l", "N0el", "Nоel" /* Cyrillic о */, "Νoel" /* Greek Ν */, "ＮＯＥＬ", "𝐍𝐨𝐞𝐥", "Nøel"},
		"modern":     {"modem" /* rn reads as m */, "mоdеrn"},
		"vvind":      {"wind"},
		"Alice":      {"AIice" /* capital i */, "A1ice", "Аlice" /* Cyrillic А */, "Alicе", "|alice"[1:], "Al\u0456ce"},
		"Inès":       {"Ines", "INÈS", "1nes", "lnes", "In3s", "Ine5"},
		"Strasse":    {"5trasse"},
		"Kiosk":      {"Кiosk" /* Cyrillic К */, "Κiosk" /* Greek Κ */},
		"Gregor":     {"ɡregor", "ɢʀᴇɢᴏʀ", "ꞬREGOR" /* capital script g */, "Gre\u3164gor"},
		"Quick fox":  {"ꞯᴜɪᴄᴋ ꜰᴏx"},
		"Zabbed map": {"ᴢᴀʙʙᴇᴅ ᴍᴀᴘ"},
		"Why still":  {"ᴡʜʏ ꜱᴛɪʟʟ"},
		"Jovan":      {"ᴊᴏᴠᴀɴ"},
		"x_treme-9":  {"xtreme9", "х_treme9" /* Cyrillic х */},
	} {
		for _, a := range alike {
			if account.Fold(a) != account.Fold(name) && !(name == "Noel" && a == "Νoel") {
				t.Errorf("%q folds to %q, %q to %q", name, account.Fold(name), a, account.Fold(a))
			}
		}
	}
	for _, pair := range [][2]string{{"Jan", "Ian"}, {"Noa", "Nora"}, {"Sam", "Pam"}, {"Ann", "Anna"}, {"User 2", "User 6"}, {"日本", "中国"}, {"Мария", "Дарья"}} {
		if account.Fold(pair[0]) == account.Fold(pair[1]) {
			t.Errorf("%q and %q are two names, and both fold to %q", pair[0], pair[1], account.Fold(pair[0]))
		}
	}
}

func TestNameIsTakenByALookAlike(t *testing.T) {
	r := newReception(t)
	r.signedUp("Yuna")
	for _, name := range []string{"yuna", "Yunа" /* Cyrillic а */, "ＹＵＮＡ", "Y-u-n-a", "Yüna"} {
		if _, err := r.SignUp(t.Context(), name, good, at("x")); reason(err) != "name_taken" {
			t.Errorf("signing up as %q: %v", name, err)
		}
		if _, err := r.SignInLightly(t.Context(), name, at("x")); reason(err) != "name_taken" {
			t.Errorf("light as %q: %v", name, err)
		}
	}
	if a, err := r.ByName(t.Context(), "YUNA"); err != nil || a.Name != "Yuna" {
		t.Errorf("found %v, %v", a, err)
	}
	if _, err := r.ByName(t.Context(), "Nobody"); reason(err) != "account_missing" {
		t.Errorf("nobody is %v", err)
	}
}

func TestNamesAreReadable(t *testing.T) {
	for name, want := range map[string]string{
		"Yuna": "Yuna", "  Théo   R. ": "Théo R.", "Zoe\u0301": "Zoé", "日本": "日本", "O'Neil": "O'Neil", strings.Repeat("a", 30): strings.Repeat("a", 30),
		"a": "", "": "", strings.Repeat("a", 31): "", "a@b": "", "a/b": "", "..": "", "--": "", "a\x00b": "", "a\u200bb": "", "a\u202eb": "",
		"\xff\xfe": "", "a\u2028b": "a b", "👩‍🚀👩‍🚀": "",
		"\u3164\u3164": "", "\u115f\u1160": "", "\uffa0\uffa0": "", "Yuna\u3164": "", "Yu\u034fna": "", "\u2800\u2800": "", "김하늘": "김하늘",
	} {
		got, err := account.CleanName(name)
		if got != want || (want == "") != (reason(err) == "name_invalid") {
			t.Errorf("%q: %q, %v; want %q", name, got, err, want)
		}
	}
}

func TestPasswordsHaveRules(t *testing.T) {
	r := newReception(t)
	name := "Yuna the First"
	for password, want := range map[string]string{
		"1234567": "password_weak", "12345678": "", "aaaaaaaaaaaa": "password_weak",
		strings.Repeat("é", 200): "", strings.Repeat("é", 100) + strings.Repeat("x", 101): "password_weak", "": "password_weak", "ééééééé": "password_weak",
	} {
		_, err := r.SignUp(t.Context(), name, password, at("x"))
		if reason(err) != want {
			t.Errorf("%.20q: %v, want %q", password, err, want)
		}
		if err == nil {
			name += "x"
		}
	}
	for _, password := range []string{"yuna sakamoto", "YUNA SAKAMOTO"} {
		if _, err := r.SignUp(t.Context(), "Yuna Sakamoto", password, at("x")); reason(err) != "password_weak" {
			t.Errorf("the name as password: %v", err)
		}
	}
	o := r.signedUp("Yuna")
	if _, err := r.SignIn(t.Context(), "Yuna", strings.Repeat("x", 100_000), at("x")); reason(err) != "wrong_credentials" {
		t.Errorf("a very long password: %v", err)
	}
	if strings.Contains(fmt.Sprint(o), good) || !strings.HasPrefix(o.Session.Account.Password, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("kept as %s", o.Session.Account.Password)
	}
}

// A wrong name and a wrong password are one refusal.
func TestWrongNameAndWrongPasswordLookTheSame(t *testing.T) {
	r := newReception(t)
	r.signedUp("Yuna")
	if _, err := r.SignInLightly(t.Context(), "Noa", at("x")); err != nil {
		t.Fatal(err)
	}
	key, err := r.SignInLightly(t.Context(), "Key", at("x")) // and gets a passkey, but no password
	if err == nil {
		err = r.db.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.InsertPasskey(t.Context(), account.Passkey{ID: "p", Account: key.Session.Account.ID, Credential: "c", Created: r.clock.Now()})
			return err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.SignIn(t.Context(), "ＹＵＮＡ", good, at("x")); err != nil {
		t.Fatalf("the right password: %v", err)
	}
	var first *fault.Fault
	took := map[string]time.Duration{}
	for what, in := range map[string][2]string{
		"a wrong password": {"Yuna", other}, "a wrong name": {"Nobody", good}, "a light account": {"Noa", ""}, "a light account and a guess": {"Noa", good},
		"nothing": {"", ""}, "the decoy": {"Nobody", "no such account"}, "an account of passkeys alone": {"Key", good},
		"the decoy for it": {"Key", "no such account"},
	} {
		var err error
		for range 3 { // the quickest of three: a busy machine only makes things slower
			began := time.Now()
			_, err = r.SignIn(t.Context(), in[0], in[1], at(what))
			if d := time.Since(began); took[what] == 0 || d < took[what] {
				took[what] = d
			}
		}
		f := fault.Of(err)
		if first == nil {
			first = f
		}
		if f == nil || f.Reason != "wrong_credentials" || *f != *first {
			t.Errorf("%s: %v, another: %v", what, err, first)
		}
	}
	for what, d := range took { // no answer comes without the work of a comparison
		if d < took["a wrong password"]/10 {
			t.Errorf("%s took %v, a wrong password %v: the time tells", what, d, took["a wrong password"])
		}
	}
}

func TestGuessesAreLimited(t *testing.T) {
	r := newReception(t)
	r.signedUp("Yuna")
	guess := func(password, from string) string {
		_, err := r.SignIn(t.Context(), "Yuna", password, at(from))
		return reason(err)
	}
	for range 6 {
		if got := guess(other, "thief"); got != "wrong_credentials" {
			t.Fatal(got)
		}
	}
	if got := guess(good, "thief"); got != "too_many_attempts" {
		t.Errorf("the seventh, right by chance: %s", got)
	}
	if got := guess(good, "home"); got != "" {
		t.Errorf("Yuna from home: %s", got)
	}
	r.clock.Advance(20 * time.Second)
	if got := guess(other, "thief"); got != "wrong_credentials" {
		t.Errorf("one more after a while: %s", got)
	}
	if got := guess(other, "thief"); got != "too_many_attempts" {
		t.Errorf("and only one: %s", got)
	}
	// Another name is another budget, up to the address's own.
	refused := 0
	for i := range 80 {
		if _, err := r.SignInByLink(t.Context(), fmt.Sprint(i), at("thief")); reason(err) == "too_many_attempts" {
			refused++
		}
	}
	if refused < 10 {
		t.Errorf("only %d of 80 from one address were refused", refused)
	}
}

func TestThrottleIsBoundedAndDoesNotForgetTheSpent(t *testing.T) {
	clock := storetest.NewClock()
	th := account.NewThrottle(account.Limit{Tries: 3, Every: time.Minute}, clock.Now)
	for range 3 {
		if err := th.Take("spent"); err != nil {
			t.Fatal(err)
		}
	}
	f := fault.Of(th.Take("spent"))
	if f == nil || f.RetryAfter != time.Minute {
		t.Fatalf("the fourth: %v", f)
	}
	clock.Advance(30 * time.Second)
	if f := fault.Of(th.Take("spent")); f == nil || f.RetryAfter != 30*time.Second {
		t.Errorf("half a minute later: %v", f)
	}
	clock.Advance(30 * time.Second)
	if err := th.Take("spent"); err != nil {
		t.Errorf("after the time it named: %v", err)
	}
	th.Restore("spent")
	for range 3 {
		if err := th.Take("spent"); err != nil {
			t.Errorf("after a success: %v", err)
		}
	}
	clock.Advance(time.Hour)
	for i := range 4 {
		if err := th.Take("again"); (err != nil) != (i == 3) {
			t.Errorf("try %d after an hour: %v", i, err)
		}
	}
}

func TestSessionsEnd(t *testing.T) {
	r := newReception(t)
	o := r.signedUp("Yuna")
	if r.open("") || r.open("guess") || r.open(strings.ToUpper(o.Token)) || !r.open(o.Token) {
		t.Fatal("a session opens for the wrong token, or not for its own")
	}
	r.clock.Advance(90*24*time.Hour - time.Millisecond)
	if !r.open(o.Token) {
		t.Error("the session ended early")
	}
	r.clock.Advance(time.Millisecond)
	if r.open(o.Token) {
		t.Error("the session goes on after 90 days")
	}
	again, err := r.SignIn(t.Context(), "Yuna", good, at("x"))
	if err != nil || again.Token == o.Token {
		t.Fatal(err)
	}
	if err := r.SignOut(t.Context(), again.Token); err != nil || r.open(again.Token) {
		t.Errorf("after signing out: %v, open %v", err, r.open(again.Token))
	}
}

func TestNewPasswordSignsOutTheOthers(t *testing.T) {
	r := newReception(t)
	here := r.signedUp("Yuna")
	there, err := r.SignIn(t.Context(), "Yuna", good, at("x"))
	if err != nil {
		t.Fatal(err)
	}
	somebody := r.signedUp("Somebody")
	for what, err := range map[string]error{
		"wrong_credentials": r.SetPassword(t.Context(), here.Session, other, other),
		"password_weak":     r.SetPassword(t.Context(), here.Session, good, "short"),
	} {
		if reason(err) != what {
			t.Errorf("%v, want %s", err, what)
		}
	}
	if !r.open(there.Token) {
		t.Fatal("a refused change signed somebody out")
	}
	if err := r.SetPassword(t.Context(), here.Session, good, other); err != nil {
		t.Fatal(err)
	}
	if !r.open(here.Token) || r.open(there.Token) || !r.open(somebody.Token) {
		t.Errorf("open are: this one %v, the other %v, somebody's %v", r.open(here.Token), r.open(there.Token), r.open(somebody.Token))
	}
	if _, err := r.SignIn(t.Context(), "Yuna", good, at("x")); reason(err) != "wrong_credentials" {
		t.Errorf("the old password: %v", err)
	}
	if _, err := r.SignIn(t.Context(), "Yuna", other, at("x")); err != nil {
		t.Errorf("the new password: %v", err)
	}
}

func TestLightAccountBecomesFull(t *testing.T) {
	r := newReception(t)
	o, err := r.SignInLightly(t.Context(), "Noa", at("x"))
	if err != nil || o.Session.Account.Full() {
		t.Fatalf("%+v %v", o, err)
	}
	if err := r.SetPassword(t.Context(), o.Session, "", good); err != nil {
		t.Fatal(err)
	}
	s, ok, err := r.Whose(t.Context(), o.Token)
	if err != nil || !ok || !s.Account.Full() || s.Account.ID != o.Session.Account.ID {
		t.Errorf("afterwards: %+v %v %v", s, ok, err)
	}
	if _, err := r.SignIn(t.Context(), "Noa", good, at("x")); err != nil {
		t.Errorf("with the new password: %v", err)
	}
}
