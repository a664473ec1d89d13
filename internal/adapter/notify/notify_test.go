package notify_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"maps"
	"math/big"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/notify"
	"github.com/subspace-live/subspace/internal/adapter/notify/notifytest"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/mail"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const sample mail.Kind = "sample"

// config has one kind of letter, with every sort of place.
func config() notify.Config {
	return notify.Config{
		From: "Studio Ünder <hello@live.example.org>",
		Base: func() string { return "https://live.example.org" },
		Now:  func() time.Time { return time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC) },
		Words: map[mail.Kind]notify.Words{sample: {
			Path: "/open#{secret}",
			English: notify.Text{
				Subject: "{channel} at {server}",
				Body:    []string{"{price|money} from {from|day}, for {channel}.", "{link}", "That is all."}, Label: "Open",
			},
			French: notify.Text{
				Subject: "{channel} sur {server}",
				Body:    []string{"{price|money} dès le {from|day}, pour {channel}.", "{link}", "C’est tout."}, Label: "Ouvrir",
			},
		}},
	}
}

func message(language string) mail.Message {
	return mail.Message{
		Letter: mail.Letter{Kind: sample, Address: "yuna@example.org", Data: map[string]string{
			"channel": "Inès", "price": mail.Money(money.Amount{Minor: 499, Currency: "EUR"}),
			"from": mail.Day(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)), "secret": "s3cret-_",
		}},
		Name: "Yuna", Language: language,
	}
}

func carrier(t *testing.T, url string) *notify.SMTP {
	t.Helper()
	c, err := notify.NewSMTP(url, config())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLetterArrivesInTwoFormsAndInItsLanguage(t *testing.T) {
	server := notifytest.Start(t, notifytest.Options{})
	c := carrier(t, server.URL)
	for language, want := range map[string]struct{ subject, plain, label string }{
		"en": {"Inès at live.example.org", "Hello Yuna,\n\n4.99 EUR from 1 December 2026, for Inès.\n\nhttps://live.example.org/open#s3cret-_\n\nThat is all.\n", ">Open</a>"},
		"fr": {"Inès sur live.example.org", "Bonjour Yuna,\n\n4,99\u00a0EUR dès le 1er décembre 2026, pour Inès.\n\nhttps://live.example.org/open#s3cret-_\n\nC’est tout.\n", ">Ouvrir</a>"},
	} {
		if err := c.Carry(t.Context(), message(language)); err != nil {
			t.Fatal(err)
		}
		all := server.Letters()
		l := all[len(all)-1]
		if l.Subject != want.subject || l.Plain != want.plain {
			t.Errorf("%s: %q\n%q", language, l.Subject, l.Plain)
		}
		if !strings.Contains(l.HTML, `href="https://live.example.org/open#s3cret-_"`) || !strings.Contains(l.HTML, want.label) || !strings.Contains(l.HTML, `lang="`+language+`"`) {
			t.Errorf("%s: %s", language, l.HTML)
		}
		if l.From != "hello@live.example.org" || l.To != "yuna@example.org" || l.Header.Get("Auto-Submitted") != "auto-generated" || l.Header.Get("Message-Id") == "" {
			t.Errorf("%s: from %s to %s, %v", language, l.From, l.To, l.Header)
		}
		if at, err := l.Header.Date(); err != nil || !at.Equal(config().Now()) {
			t.Errorf("%s: dated %v, %v", language, at, err)
		}
		if from, err := l.Header.AddressList("From"); err != nil || from[0].Name != "Studio Ünder" {
			t.Errorf("%s: from %v, %v", language, from, err)
		}
	}
}

// What people choose stays words: no header begins in it, and no markup.
func TestNothingThatAPersonChoseBecomesAHeaderOrMarkup(t *testing.T) {
	server := notifytest.Start(t, notifytest.Options{})
	c := carrier(t, server.URL)
	m := message("en")
	m.Name = "Mal\r\nBcc: thief@example.org\r\n\r\n<script>"
	m.Data["channel"] = "Inès\r\nBcc: thief@example.org\u2028\x00\u202e<b onclick=x>&"
	m.Data["secret"] = "a\r\nb c\"><script>"
	if err := c.Carry(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	l := server.Letters()[0]
	if l.Header.Get("Bcc") != "" || strings.Contains(string(l.Raw), "\r\nBcc:") || strings.ContainsAny(l.Subject, "\r\n\x00\u202e\u2028") {
		t.Errorf("a header was begun: %q\n%s", l.Subject, l.Raw)
	}
	if !strings.Contains(l.Subject, "Bcc: thief@example.org") {
		t.Errorf("the words are gone, so nothing was proved: %q", l.Subject)
	}
	if strings.Contains(l.HTML, "<script") || strings.Contains(l.HTML, "<b ") || !strings.Contains(l.HTML, "&lt;b onclick") {
		t.Errorf("words became markup: %s", l.HTML)
	}
	if got := l.Link(); got != "https://live.example.org/open#a%0D%0Ab%20c%22%3E%3Cscript%3E" {
		t.Errorf("the link leads to %s", got)
	}
	m.Address = "yuna@example.org\r\nRCPT TO:<thief@example.org>"
	if err := c.Carry(t.Context(), m); !errors.Is(err, mail.ErrRefused) || strings.Contains(err.Error(), "example.org") {
		t.Errorf("two recipients: %v", err)
	}
	if n := len(server.Letters()); n != 1 {
		t.Errorf("%d letters", n)
	}
}

func TestLetterNeedsAllItsPlacesFilled(t *testing.T) {
	server := notifytest.Start(t, notifytest.Options{})
	c := carrier(t, server.URL)
	m := message("en")
	delete(m.Data, "price")
	if err := c.Carry(t.Context(), m); err == nil || !strings.Contains(err.Error(), "price") {
		t.Errorf("without a price: %v", err)
	}
	m.Kind = "none"
	if err := c.Carry(t.Context(), m); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("a kind without words: %v", err)
	}
	if n := server.Conversations(); n != 0 {
		t.Errorf("the server was bothered %d times", n)
	}
}

// What went wrong decides whether the letter is tried again, and is told without
// repeating the server, who likes to repeat the address.
func TestRefusalsAreTold(t *testing.T) {
	server := notifytest.Start(t, notifytest.Options{})
	c := carrier(t, server.URL)
	carry := func(what string) error {
		t.Helper()
		err := c.Carry(t.Context(), message("en"))
		if err == nil {
			t.Fatalf("%s: it was taken", what)
		}
		if strings.Contains(err.Error(), "yuna") || strings.Contains(err.Error(), "Inès") {
			t.Errorf("%s: the error tells on somebody: %v", what, err)
		}
		return err
	}
	server.Refuse(notifytest.Never)
	if err := carry("no such user"); !errors.Is(err, mail.ErrRefused) || !strings.Contains(err.Error(), "550") {
		t.Errorf("no such user: %v", err)
	}
	server.Refuse(notifytest.Later)
	if err := carry("later"); errors.Is(err, mail.ErrRefused) || errors.Is(err, mail.ErrUnreachable) || !strings.Contains(err.Error(), "451") {
		t.Errorf("later: %v", err)
	}
	server.Refuse(nil)
	if err := c.Carry(t.Context(), message("en")); err != nil {
		t.Errorf("after all: %v", err)
	}
	server.Stop()
	if err := carry("nobody there"); !errors.Is(err, mail.ErrUnreachable) {
		t.Errorf("nobody there: %v", err)
	}
}

// A server that greets and then says nothing holds nobody up.
func TestSilentServerIsHungUpOn(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- carrier(t, "smtp://"+l.Addr().String()).Carry(ctx, message("en")) }()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("220 mail.test\r\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 100)); err != nil { // its hello
		t.Fatal(err)
	}
	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, mail.ErrUnreachable) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("still waiting for a server that says nothing")
	}
}

func TestTLSAndPasswords(t *testing.T) {
	config, roots := certified(t)
	secure := notifytest.Start(t, notifytest.Options{TLS: config, User: "studio", Password: "a mail password"})
	implicit := notifytest.Start(t, notifytest.Options{TLS: config, Implicit: true, User: "studio", Password: "a mail password"})
	bare := notifytest.Start(t, notifytest.Options{User: "studio", Password: "a mail password"})
	with := func(url, user, more string) string {
		return strings.Replace(url, "://", "://"+user+"@", 1) + more
	}
	for name, c := range map[string]struct {
		url   string
		known bool // the certificate
		goes  bool
	}{
		"STARTTLS":                  {with(secure.URL, "studio:a%20mail%20password", "?tls=require"), true, true},
		"TLS at once":               {with(implicit.URL, "studio:a%20mail%20password", ""), true, true},
		"a wrong password":          {with(secure.URL, "studio:wrong", ""), true, false},
		"no password":               {secure.URL, true, false},
		"an unknown certificate":    {with(secure.URL, "studio:a%20mail%20password", "?tls=require"), false, false},
		"unknown, TLS at once":      {with(implicit.URL, "studio:a%20mail%20password", ""), false, false},
		"no TLS where it is wanted": {with(bare.URL, "studio:a%20mail%20password", "?tls=require"), true, false},
		"no TLS on this machine":    {with(bare.URL, "studio:a%20mail%20password", ""), true, true},
	} {
		s := carrier(t, c.url)
		if c.known {
			s.Roots = roots
		} else {
			s.Roots = x509.NewCertPool()
		}
		err := s.Carry(t.Context(), message("en"))
		if (err == nil) != c.goes {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && (!errors.Is(err, mail.ErrUnreachable) || strings.Contains(err.Error(), "wrong") || strings.Contains(err.Error(), "mail password")) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(bare.Letters()); n != 1 {
		t.Errorf("the bare server has %d letters", n)
	}
}

func TestAddressesOfServersAreChecked(t *testing.T) {
	for url, good := range map[string]bool{
		"smtp://mail.example.org": true, "smtps://u:p@mail.example.org": true, "smtp://[::1]:2525/": true, "smtp://h?tls=off": true,
		"": false, "mail.example.org:25": false, "http://mail.example.org": false, "smtp://": false, "smtp://h:0": false, "smtp://h/path": false,
		"smtp://u:secret@h:99999": false, "smtp://u:secret@h?tls=maybe": false, "smtp://u:secret@[h": false,
	} {
		_, err := notify.NewSMTP(url, config())
		if (err == nil) != good || (err != nil && (fault.Of(err) == nil || strings.Contains(err.Error(), "secret"))) {
			t.Errorf("%q: %v", url, err)
		}
	}
	for from, good := range map[string]bool{
		"hello@example.org": true, "Hello <hello@example.org>": true, `"A, B" <hello@example.org>`: true,
		"": false, "hello": false, "hello@localhost": false, "a@b.org, c@d.org": false, "Hello\r\nBcc: x@y.org <hello@example.org>": false,
	} {
		c := config()
		c.From = from
		if _, err := notify.NewSMTP("smtp://h", c); (err == nil) != good || (err != nil && !fault.Is(err, "mail_from_invalid")) {
			t.Errorf("%q: %v", from, err)
		}
	}
}

func TestCatcherKeepsTheLastLetters(t *testing.T) {
	c := notify.NewCatcher(config())
	for i := range 60 {
		m := message("en")
		m.Data["channel"] = "<b>" + strings.Repeat("i", i+1)
		if err := c.Carry(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	all := c.Letters()
	if len(all) != 50 || !strings.HasPrefix(all[0].Subject, "<b>"+strings.Repeat("i", 60)+" ") || !strings.HasPrefix(all[49].Subject, "<b>"+strings.Repeat("i", 11)+" ") {
		t.Errorf("%d letters, the newest %q", len(all), all[0].Subject)
	}
	answer := httptest.NewRecorder()
	c.ServeHTTP(answer, httptest.NewRequest("GET", "/letters", nil))
	page := answer.Body.String()
	if answer.Code != 200 || !strings.Contains(page, `href="https://live.example.org/open#s3cret-_"`) || strings.Contains(page, "<b>") {
		t.Errorf("%d %s", answer.Code, page)
	}
}

// Every letter there is has words in both languages, and both have the same places.
func TestAllLettersAreWhole(t *testing.T) {
	for kind, w := range notify.AllWords() {
		for language, text := range map[string]notify.Text{"English": w.English, "French": w.French} {
			if text.Subject == "" || len(text.Body) == 0 || (w.Path != "") != (text.Label != "") {
				t.Errorf("%s: %s is not whole", kind, language)
			}
			if strings.Contains(text.Subject+strings.Join(text.Body, ""), "'") {
				t.Errorf("%s: %s writes apostrophes as a typewriter does", kind, language)
			}
		}
		if en, fr := places(w.English), places(w.French); en != fr {
			t.Errorf("%s: English has the places %s, French %s", kind, en, fr)
		}
	}
}

// A letter about money that did not move says so before anything else.
func TestRehearsalsSayThatTheyAreOne(t *testing.T) {
	all := notify.AllWords()
	for _, kind := range []mail.Kind{subscription.LetterRehearsedReceipt, subscription.LetterRehearsedRefund} {
		for want, text := range map[string]notify.Text{"Sandbox": all[kind].English, "Bac à sable": all[kind].French} {
			if !strings.HasPrefix(text.Subject, want) || len(text.Body) < 3 || !strings.Contains(text.Body[0], "argent réel") && !strings.Contains(text.Body[0], "real money") {
				t.Errorf("%s: %+v", kind, text)
			}
		}
	}
}

// Whoever names a kind of letter also writes its words.
func TestEveryKindHasWords(t *testing.T) {
	found, words := 0, notify.AllWords()
	named := regexp.MustCompile(`mail\.Kind += "([^"]+)"`)
	err := filepath.WalkDir(filepath.Join("..", "..", "domain"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range named.FindAllStringSubmatch(string(source), -1) {
			found++
			if _, ok := words[mail.Kind(m[1])]; !ok {
				t.Errorf("%s queues letters of the kind %s, which have no words", path, m[1])
			}
		}
		return err
	})
	if err != nil || found < 6 {
		t.Errorf("%d kinds found, %v: the search is broken", found, err)
	}
}

// places lists what a text wants filled, each once and sorted.
func places(t notify.Text) string {
	found := map[string]bool{}
	for _, s := range append([]string{t.Subject}, t.Body...) {
		for _, part := range strings.Split(s, "{")[1:] {
			name, _, _ := strings.Cut(part, "}")
			found[name] = true
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(found)), " ")
}

// certified returns a server's certificate for this machine, and who vouches for it.
func certified(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}, roots
}
