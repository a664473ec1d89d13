package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "modernc.org/sqlite" // to spoil a database
)

// The test runs itself as the program: what a person sees is what is looked at.
func TestMain(m *testing.M) {
	if os.Getenv("SUBSPACE_TEST_AS_PROGRAM") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func program(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = append(append(os.Environ(), "SUBSPACE_TEST_AS_PROGRAM=1"), env...)
	return cmd
}

// ends runs the program and returns what it said and its exit code.
func ends(t *testing.T, env []string, args ...string) (said string, code int) {
	t.Helper()
	cmd := program(t, env, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

func serveArgs(t *testing.T, more ...string) []string {
	return append([]string{"serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--rtmp-listen", "127.0.0.1:0", "--rtc-listen", "off"}, more...)
}

func busy(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

// Whatever keeps the server from starting ends it with a code and a sentence
// that says what to do.
func TestProgramSaysWhyItDoesNotStart(t *testing.T) {
	web, rtmp := busy(t), busy(t)
	notes := filepath.Join(t.TempDir(), "subspace.conf")
	if err := os.WriteFile(notes, []byte("data = x\nprot = 80\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "a-file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		env  []string
		code int
		says []string
	}{
		"nothing asked":      {nil, nil, 2, []string{"subspace serve"}},
		"unknown command":    {[]string{"sing"}, nil, 2, []string{`There is no command "sing"`, "subspace serve"}},
		"help":               {[]string{"help"}, nil, 0, []string{"subspace serve"}},
		"help on settings":   {[]string{"serve", "--help"}, nil, 0, []string{"rtmp-listen", "SUBSPACE_DATA"}},
		"version":            {[]string{"version"}, nil, 0, nil},
		"unknown flag":       {serveArgs(t, "--nonsense"), nil, 2, []string{"nonsense"}},
		"unknown key":        {serveArgs(t, "--config", notes), nil, 2, []string{notes + " line 2", `"prot"`, "config_key_unknown"}},
		"wrong value in env": {serveArgs(t), []string{"SUBSPACE_LOG_LEVEL=loud"}, 2, []string{"log-level", "loud"}},
		"busy web port":      {serveArgs(t, "--listen", web), nil, 1, []string{web, "--listen", "another program"}},
		"busy RTMP port":     {serveArgs(t, "--rtmp-listen", rtmp), nil, 1, []string{rtmp, "--rtmp-listen", "Another program"}},
		"unwritable folder":  {[]string{"serve", "--listen", "127.0.0.1:0", "--rtmp-listen", "127.0.0.1:0", "--rtc-listen", "off", "--data", filepath.Join(file, "data")}, nil, 1, []string{file, "data_not_writable"}},
		"no database":        {serveArgs(t, "--database", "postgres://nobody@127.0.0.1:1/none?connect_timeout=2"), nil, 1, []string{"database", "storage_unavailable"}},
		"odd database":       {serveArgs(t, "--database", "mysql://x"), nil, 2, []string{"postgres://"}},
		"no bus":             {serveArgs(t, "--nats", "nats://127.0.0.1:1"), nil, 1, []string{"--nats"}},
		"no root":            {serveArgs(t, "--public-url", "https://live.example.org", "--acme", "I-agree", "--acme-root", "/none.pem"), nil, 2, []string{"none.pem", "--acme-root", "certificate_invalid"}},
		"acme and files":     {serveArgs(t, "--public-url", "https://live.example.org", "--acme", "I-agree", "--tls-cert", "c", "--tls-key", "k"), nil, 2, []string{"acme", "tls-cert", "config_invalid"}},
		"busy plain port":    {serveArgs(t, "--public-url", "https://live.example.org", "--http-listen", web), nil, 1, []string{web, "--http-listen", "another program"}},
		"no certificate":     {serveArgs(t, "--tls-cert", "/none.pem", "--tls-key", "/none.pem"), nil, 2, []string{"none.pem"}},
	} {
		t.Run(name, func(t *testing.T) {
			said, code := ends(t, c.env, c.args...)
			if code != c.code {
				t.Errorf("ended with %d, want %d: %s", code, c.code, said)
			}
			for _, words := range c.says {
				if !strings.Contains(said, words) {
					t.Errorf("does not say %q: %s", words, said)
				}
			}
			if strings.Contains(said, "panic") || strings.Contains(said, "goroutine ") {
				t.Errorf("says %s", said)
			}
		})
	}
}

// Each command that is listed says what it does, how it is called, and which
// settings it takes.
func TestEveryCommandExplainsItself(t *testing.T) {
	takes := map[string]struct {
		behind string // its name in the usage
		flags  []string
		not    []string
	}{
		"serve":           {" [settings]", []string{"config", "data", "database", "listen", "log-level"}, nil},
		"demo":            {" [settings]", []string{"config", "listen", "rtmp-listen"}, []string{"data", "database"}},
		"backup":          {" [settings] DIR", []string{"config", "data", "database"}, []string{"listen", "acme"}},
		"restore":         {" [settings] DIR", []string{"config", "data", "database"}, []string{"listen", "acme"}},
		"doctor":          {" [settings]", []string{"config", "data", "database", "patrons"}, []string{"listen", "acme"}},
		"repair-payments": {" [settings]", []string{"config", "data", "database", "stripe-key", "patrons"}, nil},
		"stripe":          {" setup [settings]", []string{"config", "data", "stripe-key"}, nil},
		"openapi":         {"", nil, []string{"data"}},
		"version":         {"", nil, []string{"data"}},
	}
	all, code := ends(t, nil, "help")
	listed := regexp.MustCompile(`(?m)^  subspace ([a-z-]+)`).FindAllStringSubmatch(all, -1)
	if code != 0 || len(listed) < len(takes) {
		t.Errorf("help ends with %d and lists %v", code, listed)
	}
	for _, line := range listed {
		name, c := line[1], takes[line[1]]
		said, code := ends(t, nil, name, "--help")
		usage, _, _ := strings.Cut(said, "\n")
		if code != 0 || !strings.HasPrefix(usage, "Usage: subspace "+name+c.behind) {
			t.Errorf("%s --help ends with %d: %s", name, code, said)
		}
		var flags []string
		for _, m := range regexp.MustCompile(`(?m)^  -([a-z-]+)`).FindAllStringSubmatch(said, -1) {
			flags = append(flags, m[1])
		}
		for _, want := range c.flags {
			if !slices.Contains(flags, want) {
				t.Errorf("%s --help does not list %s", name, want)
			}
		}
		for _, not := range c.not {
			if slices.Contains(flags, not) {
				t.Errorf("%s --help lists %s", name, not)
			}
		}
		delete(takes, name)
	}
	for name := range takes {
		t.Errorf("help does not list %s", name)
	}
}

func TestProgramRefusesANewerDatabaseAndSaysSo(t *testing.T) {
	dir := t.TempDir()
	args := []string{"serve", "--data", dir, "--listen", "127.0.0.1:0", "--rtmp-listen", "127.0.0.1:0", "--rtc-listen", "off"}
	started(t, args).stop(t)
	db, err := sql.Open("sqlite", filepath.Join(dir, "subspace.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`INSERT INTO schema_migration (version, name, checksum, at) VALUES (9001, 'future', 'x', 0)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	said, code := ends(t, nil, args...)
	if code != 1 || !strings.Contains(said, "newer release") || !strings.Contains(said, "Nothing was changed") {
		t.Errorf("ended with %d: %s", code, said)
	}
}

// running is the program while it serves.
type running struct {
	cmd     *exec.Cmd
	address string
	setup   string
	said    *bytes.Buffer
	ended   chan error
}

func started(t *testing.T, args []string) *running {
	t.Helper()
	r := &running{cmd: program(t, nil, args...), said: &bytes.Buffer{}, ended: make(chan error, 1)}
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	r.cmd.Stderr = r.said
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	for text := ""; r.setup == ""; {
		n, err := out.Read(buf)
		text += string(buf[:n])
		if _, rest, ok := strings.Cut(text, "running at "); ok {
			r.address, _, _ = strings.Cut(rest, "\n")
		}
		if _, rest, ok := strings.Cut(text, "/setup#"); ok && strings.Contains(rest, "\n") {
			r.setup, _, _ = strings.Cut(rest, "\n")
		}
		if err != nil {
			r.cmd.Wait() //nolint:errcheck // what it said is the error
			t.Fatalf("it ended after %q: %s", text, r.said)
		}
	}
	go func() { // ends with the program
		io.Copy(io.Discard, out) //nolint:errcheck // nothing more is wanted
		r.ended <- r.cmd.Wait()
	}()
	return r
}

func (r *running) stop(t *testing.T) {
	t.Helper()
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-r.ended:
		if err != nil {
			t.Errorf("asked to stop it ended with %v: %s", err, r.said)
		}
	case <-time.After(20 * time.Second):
		t.Error("it does not stop")
	}
}

// The fixed names of the command line and the paths that scripts outside use.
func TestProgramServesAndStops(t *testing.T) {
	r := started(t, serveArgs(t))
	for path, want := range map[string]struct {
		status int
		says   string
	}{
		"/healthz": {200, "ok"}, "/readyz": {200, "ready"}, "/metrics": {200, "subspace_connections"},
		"/api/openapi.json": {200, `"openapi":"3.1.0"`}, "/api/session": {200, `"setup":true`}, "/api/nothing": {404, "route_missing"},
		"/api/channels": {200, `"channels":[]`}, "/api/channels/none/playback": {404, "channel_missing"},
		"/hls/guess/none/main.m3u8": {403, "playback_invalid"}, "/": {200, "<html"},
	} {
		res, err := http.Get(r.address + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != want.status || !strings.Contains(string(body), want.says) {
			t.Errorf("%s: %d %.200s %v", path, res.StatusCode, body, err)
		}
	}
	in, err := json.Marshal(map[string]string{"token": r.setup, "name": "Inès", "password": "a good password", "handle": "ines", "title": "Ceramics"})
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Post(r.address+"/api/setup", "application/json", bytes.NewReader(in))
	if err != nil || res.StatusCode != 200 {
		t.Errorf("the printed link makes the first owner: %v %v", res, err)
	} else {
		res.Body.Close()
	}
	r.stop(t)
}

func TestProgramPrintsItsDocument(t *testing.T) {
	said, code := ends(t, nil, "openapi")
	var doc struct {
		OpenAPI string
		Paths   map[string]any
	}
	if err := json.Unmarshal([]byte(said), &doc); err != nil || code != 0 || doc.OpenAPI != "3.1.0" || len(doc.Paths) < 25 {
		t.Errorf("ended with %d, %s, %d paths, %v", code, doc.OpenAPI, len(doc.Paths), err)
	}
}
