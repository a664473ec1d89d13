package certificate_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/certificate"
	"github.com/subspace-live/subspace/internal/adapter/certificate/authoritytest"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const name = "live.example.org"

// nowhere is a directory that nobody serves.
const nowhere = "https://127.0.0.1:1/dir"

// journal is a log that a test reads.
type journal struct {
	mu    sync.Mutex
	lines []entry
	text  strings.Builder
	more  chan struct{} // holds one: there is a new line
}

type entry struct {
	Msg, Reason, Detail, Err string
	In                       time.Duration
}

func newJournal() *journal { return &journal{more: make(chan struct{}, 1)} }

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var e entry
	if err := json.Unmarshal(line, &e); err != nil {
		return 0, err
	}
	j.lines = append(j.lines, e)
	j.text.Write(line)
	select {
	case j.more <- struct{}{}:
	default:
	}
	return len(line), nil
}

// refusals returns what was logged with a reason.
func (j *journal) refusals() []entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	var found []entry
	for _, e := range j.lines {
		if e.Reason != "" {
			found = append(found, e)
		}
	}
	return found
}

func (j *journal) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(j, nil)) }

// opened returns a keeper with a journal, in a folder of its own.
func opened(t *testing.T, cfg certificate.Config) (*certificate.Keeper, *journal) {
	t.Helper()
	j := newJournal()
	cfg.Now, cfg.Log = time.Now, j.logger()
	if cfg.Name == "" {
		cfg.Name = name
	}
	if cfg.Folder == "" {
		cfg.Folder = filepath.Join(t.TempDir(), "acme")
	}
	k, err := certificate.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return k, j
}

// refusal runs the keeper until it logs why it has no certificate.
func refusal(t *testing.T, cfg certificate.Config) (entry, string) {
	t.Helper()
	k, j := opened(t, cfg)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- k.Run(ctx) }()
	for len(j.refusals()) == 0 {
		select {
		case <-j.more:
		case err := <-ended:
			t.Fatalf("it ended with %v and no reason: %s", err, &j.text)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("asked to stop it ended with %v", err)
	}
	if k.Ready() {
		t.Error("it has a certificate all the same")
	}
	return j.refusals()[0], j.text.String()
}

// foreign serves one answer to everything, and is known by the root it returns.
func foreign(t *testing.T, status int, header map[string]string, body string) (address, root string) {
	t.Helper()
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for k, v := range header {
			w.Header().Set(k, v)
		}
		w.WriteHeader(status)
		io.WriteString(w, body) //nolint:errcheck // the client judges
	}))
	t.Cleanup(s.Close)
	root = filepath.Join(t.TempDir(), "root.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(root, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return s.URL + "/dir", root
}

// Whatever stands between the server and its certificate is named.
func TestWhatHindersIsLoggedWithItsReason(t *testing.T) {
	page, pageRoot := foreign(t, 404, nil, "<html>a page about nothing</html>")
	text, textRoot := foreign(t, 200, nil, `{"hello":"world"}`)
	busy, busyRoot := foreign(t, 429, map[string]string{"Retry-After": "86400", "Content-Type": "application/problem+json"},
		`{"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many certificates"}`)
	for what, c := range map[string]struct {
		cfg    certificate.Config
		reason string
		says   string
	}{
		"nobody there":      {certificate.Config{Directory: nowhere}, "acme_unreachable", nowhere},
		"unknown to us":     {certificate.Config{Directory: page}, "acme_unreachable", page},
		"a page":            {certificate.Config{Directory: page, Root: pageRoot}, "acme_unreachable", page},
		"another protocol":  {certificate.Config{Directory: text, Root: textRoot}, "acme_unreachable", text},
		"too many requests": {certificate.Config{Directory: busy, Root: busyRoot}, "acme_rate_limited", "too many requests"},
	} {
		e, log := refusal(t, c.cfg)
		if e.Reason != c.reason || !strings.Contains(e.Detail, c.says) || e.Err == "" {
			t.Errorf("%s: %+v, want %s", what, e, c.reason)
		}
		if strings.Contains(log, "about nothing") {
			t.Errorf("%s: a stranger's page stands in the log: %s", what, log)
		}
		if want := 2 * time.Minute; e.In != want && c.reason != "acme_rate_limited" {
			t.Errorf("%s: tries again in %v, want %v", what, e.In, want)
		}
		if c.reason == "acme_rate_limited" && e.In != 24*time.Hour {
			t.Errorf("%s: tries again in %v, but was told a day", what, e.In)
		}
	}
}

// The same from a real authority, which looks and sees nobody, or will not.
func TestAuthoritysRefusalIsLoggedWithItsReason(t *testing.T) {
	if testing.Short() {
		t.Skip("runs an authority")
	}
	a := authoritytest.Start(t)
	for what, c := range map[string]struct {
		cfg    certificate.Config
		reason string
		says   []string
	}{
		"a name it refuses":      {certificate.Config{Name: authoritytest.Refused}, "acme_refused", []string{authoritytest.Refused, "policy"}},
		"nobody to be seen":      {certificate.Config{}, "acme_proof_failed", []string{name, "port 443"}},
		"nor at the second look": {certificate.Config{Plain: true}, "acme_proof_failed", []string{name, "port 443", "port 80"}},
	} {
		c.cfg.Directory, c.cfg.Root = a.Directory, a.Root
		e, _ := refusal(t, c.cfg)
		if e.Reason != c.reason {
			t.Errorf("%s: %+v, want %s", what, e, c.reason)
		}
		for _, words := range c.says {
			if !strings.Contains(e.Detail, words) {
				t.Errorf("%s: %q does not say %q", what, e.Detail, words)
			}
		}
		if c.cfg.Plain && (!strings.Contains(e.Err, "tls-alpn-01") || !strings.Contains(e.Err, "http-01")) {
			t.Errorf("%s: the cause names not both ways: %s", what, e.Err)
		}
	}
}

// An authority shuts out who fails five times in an hour.
func TestFailuresAreRepeatedEverMoreRarely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, j := opened(t, certificate.Config{Directory: nowhere})
		ctx, cancel := context.WithTimeout(t.Context(), 7*24*time.Hour)
		defer cancel()
		hour := time.AfterFunc(time.Hour, func() {
			if n := len(j.refusals()); n != 5 {
				t.Errorf("%d tries in the first hour, want 5", n)
			}
		})
		defer hour.Stop()
		if err := k.Run(ctx); err != nil {
			t.Error(err)
		}
		tries := j.refusals()
		if n := len(tries); n < 7*6 || n > 7*6+10 {
			t.Errorf("%d tries in a week, want six a day after the first", n)
		}
	})
}

// kept puts a certificate where a keeper of nowhere finds it.
func kept(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	k, err := certificate.Open(certificate.Config{Name: name, Folder: folder, Directory: nowhere, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil || k.Ready() {
		t.Fatalf("a fresh keeper: %v, ready %v", err, k.Ready())
	}
	cert, key := filepath.Join(t.TempDir(), "c.pem"), filepath.Join(t.TempDir(), "k.pem")
	authoritytest.Certificate(t, name, cert, key)
	var all []byte
	for _, file := range []string{key, cert} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	if err := os.WriteFile(keptFile(t, folder), all, 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// keptFile is where the certificate of the folder's one authority stands.
func keptFile(t *testing.T, folder string) string {
	t.Helper()
	authorities, err := os.ReadDir(folder)
	if err != nil || len(authorities) != 1 {
		t.Fatalf("%v in the folder, %v", authorities, err)
	}
	return filepath.Join(folder, authorities[0].Name(), name+".pem")
}

// The certificate of the test lives for 25 hours, of which one has passed.
func TestNobodyIsAskedBeforeTheLastThird(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, j := opened(t, certificate.Config{Folder: kept(t), Directory: nowhere})
		if !k.Ready() {
			t.Fatal("the kept certificate is not used")
		}
		due := 24*time.Hour - 25*time.Hour/3
		asked := func(at time.Duration, want bool) {
			ctx, cancel := context.WithTimeout(t.Context(), at)
			defer cancel()
			k.Run(ctx) //nolint:errcheck // ends with ctx
			if got := len(j.refusals()) > 0; got != want {
				t.Errorf("near the last third of its life the authority was asked: %v, want %v", got, want)
			}
		}
		asked(due-time.Minute, false)
		asked(2*time.Minute, true)
	})
}

func TestSpoiltKeptCertificateIsAskedForAnew(t *testing.T) {
	folder := kept(t)
	file := keptFile(t, folder)
	if err := os.WriteFile(file, []byte("spoilt"), 0o600); err != nil {
		t.Fatal(err)
	}
	k, j := opened(t, certificate.Config{Folder: folder, Directory: nowhere})
	if k.Ready() || len(j.lines) != 1 || !strings.Contains(j.lines[0].Msg, "cannot be used") {
		t.Errorf("ready %v, log %s", k.Ready(), &j.text)
	}
	folder = kept(t)
	if err := os.Rename(keptFile(t, folder), filepath.Join(filepath.Dir(keptFile(t, folder)), "other.example.org.pem")); err != nil {
		t.Fatal(err)
	}
	k, _ = opened(t, certificate.Config{Name: "other.example.org", Folder: folder, Directory: nowhere})
	if k.Ready() {
		t.Error("it serves another name's certificate")
	}
	if k, _ = opened(t, certificate.Config{Folder: kept(t), Directory: "https://127.0.0.1:1/rehearsal"}); k.Ready() {
		t.Error("it serves another authority's certificate")
	}
}

func TestShownOnlyToWhoCallsItsName(t *testing.T) {
	k, _ := opened(t, certificate.Config{Folder: kept(t), Directory: nowhere})
	for what, c := range map[string]struct {
		calls  string
		offers []string
		shown  bool
	}{
		"its name":                 {name, []string{"h2", "http/1.1"}, true},
		"its name in capitals":     {"Live.Example.ORG", nil, true},
		"no name":                  {"", []string{"http/1.1"}, true},
		"another name":             {"elsewhere.example.org", []string{"h2"}, false},
		"a name below":             {"a." + name, nil, false},
		"an authority, uninvited":  {name, []string{"acme-tls/1"}, false},
		"another name's authority": {"elsewhere.example.org", []string{"acme-tls/1"}, false},
	} {
		client, server := net.Pipe()
		done := make(chan error, 1)
		go func() {
			done <- tls.Server(server, k.TLS()).Handshake()
			server.Close()
		}()
		err := tls.Client(client, &tls.Config{ServerName: c.calls, NextProtos: c.offers, InsecureSkipVerify: true}).Handshake()
		client.Close()
		<-done
		if (err == nil) != c.shown {
			t.Errorf("%s: %v", what, err)
		}
		if err != nil && !strings.Contains(err.Error(), "unrecognized name") {
			t.Errorf("%s: refused with %v", what, err)
		}
	}
}

// What cannot work is said at the start.
func TestFilesThatCannotBeUsedAreRefused(t *testing.T) {
	dir := t.TempDir()
	notes := filepath.Join(dir, "notes")
	if err := os.WriteFile(notes, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := kept(t)
	if err := os.WriteFile(filepath.Join(filepath.Dir(keptFile(t, folder)), "account.pem"), []byte("spoilt"), 0o600); err != nil {
		t.Fatal(err)
	}
	for reason, cfg := range map[string]certificate.Config{
		"certificate_invalid":     {Folder: filepath.Join(dir, "a"), Root: notes},
		"data_not_writable":       {Folder: filepath.Join(notes, "below-a-file")},
		"acme_account_unreadable": {Folder: folder, Directory: nowhere},
	} {
		cfg.Name, cfg.Now, cfg.Log = name, time.Now, slog.New(slog.DiscardHandler)
		if _, err := certificate.Open(cfg); !fault.Is(err, reason) {
			t.Errorf("%v, want %s", err, reason)
		}
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(keptFile(t, folder)), "account.pem"))
	if err != nil || !bytes.Equal(text, []byte("spoilt")) {
		t.Errorf("what may still be mended was overwritten: %q %v", text, err)
	}
}
