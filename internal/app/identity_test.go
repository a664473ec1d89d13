package app_test

import (
	"crypto/rand"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/subspace-live/subspace/internal/adapter/notify/notifytest"
	"github.com/subspace-live/subspace/internal/app/apptest"
)

// correspondence is a server that writes letters, and where they arrive.
type correspondence struct {
	*apptest.Server
	post *notifytest.Server
	t    *testing.T
}

func startWithMail(t *testing.T) *correspondence {
	post := notifytest.Start(t, notifytest.Options{})
	args := []string{"--smtp-url", post.URL, "--mail-from", "Studio <hello@live.example.org>"}
	return &correspondence{apptest.Start(t, apptest.Options{Args: args}), post, t}
}

// address is a fresh one, which no log may hold.
func address(t *testing.T) string {
	a := strings.ToLower(rand.Text()) + "@example.org"
	apptest.Secret(t, a)
	return a
}

// secret waits for the nth letter to an address and returns what its link holds.
func (c *correspondence) secret(to string, n int) string {
	c.t.Helper()
	apptest.Eventually(c.t, "no letter came to somebody", func() bool { return len(c.post.To(to)) >= n })
	all := c.post.To(to)
	_, secret, _ := strings.Cut(all[n-1].Link(), "#")
	apptest.Secret(c.t, secret)
	return secret
}

// reachable gives a person a confirmed address.
func (c *correspondence) reachable(p *apptest.Person) string {
	c.t.Helper()
	a := address(c.t)
	p.Do("PUT", "/api/account/mail", map[string]any{"address": a})
	p.Do("POST", "/api/account/mail/confirm", map[string]any{"token": c.secret(a, 1)})
	return a
}

type details struct {
	Name        string
	HasPassword bool `json:"has_password"`
	Mail        string
	MailWaiting string `json:"mail_waiting"`
}

func detailsOf(t *testing.T, p *apptest.Person) (d details) {
	t.Helper()
	p.Do("GET", "/api/account", nil).Into(t, &d)
	return d
}

// From an address to a forgotten password and back in, by the doors of a browser.
func TestForgottenPasswordComesBackByMail(t *testing.T) {
	c := startWithMail(t)
	c.Found("atelier")
	yuna, noa := c.SignUp("Yuna"), c.SignUp("Noa")
	a := address(t)
	var d details
	yuna.Do("PUT", "/api/account/mail", map[string]any{"address": " " + strings.ToUpper(a) + " "}).Into(t, &d)
	if d.Mail != "" || !strings.EqualFold(d.MailWaiting, a) {
		t.Errorf("asked for: %+v", d)
	}
	yuna.Do("DELETE", "/api/account/mail/waiting", nil)
	yuna.Do("PUT", "/api/account/mail", map[string]any{"address": a})
	secret := c.secret(a, 1)
	l := c.post.To(a)[0]
	if l.From != "hello@live.example.org" || !strings.HasPrefix(l.Link(), c.Address()+"/mail/confirm#") || !strings.Contains(l.Plain, "Yuna") {
		t.Errorf("the letter from %s: %s", l.From, l.Plain)
	}
	confirm := map[string]any{"token": secret}
	if got := noa.Refused("POST", "/api/account/mail/confirm", confirm); got != "link_elsewhere" {
		t.Errorf("confirmed by somebody else: %s", got)
	}
	if got := c.Stranger().Refused("POST", "/api/account/mail/confirm", confirm); got != "sign_in" {
		t.Errorf("confirmed by nobody: %s", got)
	}
	yuna.Do("POST", "/api/account/mail/confirm", confirm)
	if d := detailsOf(t, yuna); d.Mail != a || d.MailWaiting != "" || !d.HasPassword || d.Name != "Yuna" {
		t.Errorf("confirmed: %+v", d)
	}
	if got := yuna.Refused("POST", "/api/account/mail/confirm", confirm); got != "link_invalid" {
		t.Errorf("confirmed twice: %s", got)
	}

	socket := yuna.Enters("atelier", "public")
	lost := c.Stranger()
	lost.Do("POST", "/api/password/forgotten", map[string]any{"address": a})
	reset := map[string]any{"token": c.secret(a, 2), "password": "pass " + rand.Text()}
	apptest.Secret(t, fmt.Sprint(reset["password"]))
	var session struct{ Account struct{ Name string } }
	lost.Do("POST", "/api/password/reset", reset).Into(t, &session)
	if session.Account.Name != "Yuna" || detailsOf(t, lost).Mail != a {
		t.Errorf("in again as %+v", session)
	}
	if code := socket.Ended(); code != 4001 {
		t.Errorf("the old session's socket was closed with %d, want 4001", code)
	}
	if got := yuna.Refused("GET", "/api/account", nil); got != "sign_in" {
		t.Errorf("the old session: %s", got)
	}
	if got := c.Stranger().Refused("POST", "/api/password/reset", reset); got != "link_invalid" {
		t.Errorf("reset twice: %s", got)
	}
	c.secret(a, 3) // tells that the password was changed
}

// Whoever asks for a new password gets the same answer for every address, byte by
// byte; a letter goes to those that are somebody's.
func TestForgettingAnswersTheSameForEveryAddress(t *testing.T) {
	c := startWithMail(t)
	known := c.reachable(c.SignUp("Yuna"))
	unknown := address(t)
	ask := func(a string) apptest.Answer {
		t.Helper()
		answer, err := c.Stranger().Ask("POST", "/api/password/forgotten", map[string]any{"address": a})
		if err != nil {
			t.Fatal(err)
		}
		for _, passing := range []string{"Date", "Retry-After", "Content-Length"} { // which tell the time
			answer.Header.Del(passing)
		}
		return answer
	}
	for range 6 { // up to the limit, and past it
		a, b := ask(known), ask(unknown)
		if a.Status != b.Status || apptest.JSON(a.Header) != apptest.JSON(b.Header) {
			t.Errorf("known: %d %v; unknown: %d %v", a.Status, a.Header, b.Status, b.Header)
		}
		if a.Status == 204 && len(a.Body)+len(b.Body) != 0 {
			t.Errorf("known: %s; unknown: %s", a.Body, b.Body)
		}
	}
	if got := c.Stranger().Refused("POST", "/api/password/forgotten", map[string]any{"address": "yuna@example.org\r\nBcc: noa@example.org"}); got != "mail_invalid" {
		t.Errorf("with a header: %s", got)
	}
	c.secret(known, 5) // one to confirm, four of a new password
	apptest.Eventually(t, "letters still wait", func() bool {
		return !strings.Contains(rows(t, c.Server, `SELECT outcome FROM letter WHERE done = 0`), "\n")
	})
	if n, m := len(c.post.To(known)), len(c.post.To(unknown)); n != 5 || m != 0 {
		t.Errorf("%d letters to somebody, %d to nobody", n, m)
	}
}

// An address that is somebody's is added as one that is free: the same answer,
// the same letter.
func TestAddingAnswersTheSameForEveryAddress(t *testing.T) {
	c := startWithMail(t)
	taken, free := c.reachable(c.SignUp("Yuna")), address(t)
	noa, otto := c.SignUp("Noa"), c.SignUp("Otto")
	a := noa.Do("PUT", "/api/account/mail", map[string]any{"address": taken})
	b := otto.Do("PUT", "/api/account/mail", map[string]any{"address": free})
	if got, want := strings.ReplaceAll(string(a.Body), taken, free), strings.ReplaceAll(string(b.Body), "Otto", "Noa"); a.Status != b.Status || got != want {
		t.Errorf("taken: %d %s; free: %d %s", a.Status, got, b.Status, want)
	}
	if got := noa.Refused("POST", "/api/account/mail/confirm", map[string]any{"token": c.secret(taken, 2)}); got != "mail_taken" {
		t.Errorf("taken, and confirmed: %s", got)
	}
	otto.Do("POST", "/api/account/mail/confirm", map[string]any{"token": c.secret(free, 1)})
	strip := func(l notifytest.Letter) string { return strings.SplitAfter(l.Plain, "#")[0] }
	if x, y := strip(c.post.To(taken)[1]), strip(c.post.To(free)[0]); strings.ReplaceAll(x, "Noa", "Otto") != y {
		t.Errorf("taken: %q; free: %q", x, y)
	}
}

// What opens an account is not changed by whoever finds a browser open, nor by
// whoever guesses.
func TestAccountIsGuarded(t *testing.T) {
	c := startWithMail(t)
	yuna, noa := c.SignUp("Yuna"), c.SignUp("Noa")
	for _, r := range []struct {
		method, path, field string
	}{
		{"GET", "", ""},
		{"PUT", "/mail", "address"},
		{"DELETE", "/mail", ""},
		{"DELETE", "/mail/waiting", ""},
		{"POST", "/mail/confirm", "token"},
		{"PUT", "/password", "password"},
		{"POST", "/proof", "password"},
		{"PUT", "/language", "language"},
		{"GET", "/sessions", ""},
		{"DELETE", "/sessions", ""},
		{"DELETE", "/sessions/x", ""},
	} {
		var in any
		if r.field != "" {
			in = map[string]any{r.field: "fr"}
		}
		if got := c.Stranger().Refused(r.method, "/api/account"+r.path, in); got != "sign_in" {
			t.Errorf("%s %s by nobody: %s", r.method, r.path, got)
		}
	}
	var list struct {
		Sessions []struct {
			ID   string
			Here bool
		}
	}
	yuna.Do("GET", "/api/account/sessions", nil).Into(t, &list)
	if len(list.Sessions) != 1 || !list.Sessions[0].Here {
		t.Errorf("signed in at %+v", list)
	}
	if got := noa.Refused("DELETE", "/api/account/sessions/"+list.Sessions[0].ID, nil); got != "session_missing" {
		t.Errorf("somebody else's session: %s", got)
	}
	change := map[string]any{"password": "another password", "current": "a guess"}
	if got := yuna.Refused("PUT", "/api/account/password", change); got != "wrong_credentials" {
		t.Errorf("without the old password: %s", got)
	}
	limited := false
	for range 8 {
		limited = limited || yuna.Refused("POST", "/api/account/proof", map[string]any{"password": "a guess"}) == "too_many_attempts"
	}
	if !limited {
		t.Error("guesses of a proof are not limited")
	}
}

func TestSessionsAreListedAndClosed(t *testing.T) {
	c := startWithMail(t)
	c.Found("atelier")
	yuna := c.SignUp("Yuna")
	phone := c.Stranger()
	in, err := phone.Ask("POST", "/api/session", map[string]any{"name": "Yuna", "password": yuna.Password},
		"User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1")
	if err != nil || in.Status != 200 {
		t.Fatal(err, in.Status)
	}
	other := c.Stranger()
	other.Do("POST", "/api/session", map[string]any{"name": "Yuna", "password": yuna.Password})
	var list struct {
		Sessions []struct {
			ID, Browser, System string
			SeenOn              string `json:"seen_on"`
			Here                bool
		}
	}
	a := yuna.Do("GET", "/api/account/sessions", nil)
	a.Into(t, &list)
	if len(list.Sessions) != 3 || list.Sessions[1].Browser != "Safari" || list.Sessions[1].System != "iPhone" || !list.Sessions[2].Here || list.Sessions[1].Here {
		t.Fatalf("signed in at %s", a.Body)
	}
	if !strings.HasSuffix(list.Sessions[0].SeenOn, "T00:00:00.000Z") {
		t.Errorf("seen on %s", list.Sessions[0].SeenOn)
	}
	for _, p := range []*apptest.Person{yuna, phone, other} { // a list shows nothing that opens a session
		for _, cookie := range p.Cookies() {
			if strings.Contains(string(a.Body), cookie.Value) {
				t.Error("the list holds a session's secret")
			}
		}
	}
	k, l := phone.Enters("atelier", "public"), other.Enters("atelier", "public")
	stays := yuna.Enters("atelier", "public")
	yuna.Do("DELETE", "/api/account/sessions/"+list.Sessions[1].ID, nil)
	if code := k.Ended(); code != 4001 {
		t.Errorf("one: closed with %d, want 4001", code)
	}
	yuna.Do("DELETE", "/api/account/sessions", nil)
	if code := l.Ended(); code != 4001 {
		t.Errorf("the others: closed with %d, want 4001", code)
	}
	stays.Says("atelier", "public", "still here")
}

// A mail server that is gone, or never answers, holds no request up.
func TestDeadMailServerHoldsNobodyUp(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes calls and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for name, url := range map[string]string{"silent": "smtp://" + silent.Addr().String(), "gone": "smtp://127.0.0.1:1"} {
		s := apptest.Start(t, apptest.Options{Args: []string{"--smtp-url", url, "--mail-from", "hello@example.org"}})
		p := s.SignUp("Yuna")
		p.Do("PUT", "/api/account/mail", map[string]any{"address": address(t)})
		s.Stranger().Do("POST", "/api/password/forgotten", map[string]any{"address": address(t)})
		if d := detailsOf(t, p); d.MailWaiting == "" {
			t.Errorf("%s: %+v", name, d)
		}
		s.Stop()
	}
}

func TestServerWithoutMailSaysSo(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	p := s.SignUp("Yuna")
	var session struct{ Mail bool }
	p.Do("GET", "/api/session", nil).Into(t, &session)
	if session.Mail {
		t.Error("the session says that mail is on")
	}
	for _, r := range [][2]string{{"PUT", "/api/account/mail"}, {"POST", "/api/password/forgotten"}} {
		if got := p.Refused(r[0], r[1], map[string]any{"address": "yuna@example.org"}); got != "mail_off" {
			t.Errorf("%s %s: %s", r[0], r[1], got)
		}
	}
}

// Neither a link's secret nor a password stands in a table, and no address of a
// letter that has gone.
func TestNoSecretOfALetterIsStored(t *testing.T) {
	c := startWithMail(t)
	a := c.reachable(c.SignUp("Yuna"))
	c.Stranger().Do("POST", "/api/password/forgotten", map[string]any{"address": a})
	secret := c.secret(a, 2)
	apptest.Eventually(t, "letters still wait", func() bool {
		return !strings.Contains(rows(t, c.Server, `SELECT outcome FROM letter WHERE done = 0`), "\n")
	})
	letters, links := rows(t, c.Server, `SELECT key, kind, account, mail, data, outcome FROM letter`), rows(t, c.Server, `SELECT hash, purpose FROM mail_link`)
	if !strings.Contains(letters, "password.forgotten") || !strings.Contains(links, "password") {
		t.Fatalf("the scan reads the wrong tables: %s %s", letters, links)
	}
	if strings.Contains(letters+links, secret) || strings.Contains(letters, a) {
		t.Error("a letter leaves its secret or its address behind")
	}
}
