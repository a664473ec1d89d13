// Package authoritytest runs a real certificate authority on loopback for tests:
// pebble, the one that Let's Encrypt tests its clients with.
//
// Owns: pebble and the name server it asks, both built from tools/go.mod, their
// ports and files. Promises: it looks at every proof for real, at the ports it
// chose for the server under test; every name leads to 127.0.0.1; both programs
// have ended when the test ends. Does not do: answering in the server's stead.
package authoritytest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long a program may take to be built or to answer.
const patience = 2 * time.Minute

// Refused is a name that the authority certifies for nobody.
const Refused = "refused.example.org"

// Life is how long its certificates are good for.
const Life = 90 * 24 * time.Hour

// Authority is one that runs.
type Authority struct {
	Directory string // its address
	Root      string // file of what certifies its own listener
	TLS       string // where it looks for TLS-ALPN-01: the server under test listens there
	Plain     string // where it looks for HTTP-01
	Address   string // host:port of Directory

	t       testing.TB
	admin   string
	client  *http.Client
	process *program
}

// Start runs an authority until the test ends.
func Start(t testing.TB) *Authority {
	t.Helper()
	ports := freePorts(t, 6)
	dns := ports[5]
	a := &Authority{
		t: t, Address: ports[0], admin: ports[1], TLS: ports[2], Plain: ports[3],
		Directory: "https://" + ports[0] + "/dir", Root: filepath.Join(t.TempDir(), "root.pem"),
	}
	key := filepath.Join(t.TempDir(), "key.pem")
	own := Certificate(t, "127.0.0.1", a.Root, key)
	a.client = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: own}, DisableKeepAlives: true,
	}}
	names := run(t, "pebble-challtestsrv", "-dnsserver", dns, "-defaultIPv6", "", "-management", ports[4],
		"-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "")
	names.await("the name server", func() bool { return resolves(dns) })
	a.process = run(t, "pebble", "-dnsserver", dns, "-config", a.settings(key))
	a.process.await("the authority", func() bool { return a.get(a.Directory) != nil && a.get(a.rootAddress()) != nil })
	return a
}

// Stop ends the authority before the end of the test.
func (a *Authority) Stop() { a.process.stop() }

// Roots returns what its certificates are verified with.
func (a *Authority) Roots() *x509.CertPool {
	a.t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(a.get(a.rootAddress())) {
		a.t.Fatal("the authority does not tell its root")
	}
	return roots
}

func (a *Authority) rootAddress() string { return "https://" + a.admin + "/roots/0" }

// get returns the body at an address, or nil.
func (a *Authority) get(address string) []byte {
	res, err := a.client.Get(address)
	if err != nil {
		return nil
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		return nil
	}
	return body
}

// settings writes pebble's configuration and returns the file.
func (a *Authority) settings(key string) string {
	a.t.Helper()
	text, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": a.Address, "managementListenAddress": a.admin, "certificate": a.Root, "privateKey": key,
		"tlsPort": port(a.TLS), "httpPort": port(a.Plain), "domainBlocklist": []string{Refused},
		"retryAfter": map[string]int{"authz": 1, "order": 1}, "keyAlgorithm": "ecdsa",
		"profiles": map[string]any{"default": map[string]any{"description": "as the real one", "validityPeriod": int(Life.Seconds())}},
	}})
	if err != nil {
		a.t.Fatal(err)
	}
	file := filepath.Join(a.t.TempDir(), "pebble.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		a.t.Fatal(err)
	}
	return file
}

func port(address string) int {
	addr, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return 0
	}
	return addr.Port
}

// freePorts returns addresses of this machine that nothing listens on.
func freePorts(t testing.TB, n int) []string {
	t.Helper()
	var free []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() // all are held until all are known
		free = append(free, l.Addr().String())
	}
	return free
}

func resolves(dns string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	r := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", dns)
	}}
	found, err := r.LookupIP(ctx, "ip4", "live.example.org")
	return err == nil && len(found) > 0
}

// Certificate writes a certificate that certifies itself, for a name or an
// address, and its key, and returns what it is verified with.
func Certificate(t testing.TB, name, certFile, keyFile string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if ip := net.ParseIP(name); ip != nil {
		c.IPAddresses = []net.IP{ip}
	} else {
		c.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for file, text := range map[string][]byte{certFile: text, keyFile: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	return roots
}

// program is one of pebble's two, while it runs.
type program struct {
	t     testing.TB
	name  string
	stop  func()
	ended chan struct{}
	said  output
}

// output keeps what a program writes.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func run(t testing.TB, name string, args ...string) *program {
	t.Helper()
	p := &program{t: t, name: name, ended: make(chan struct{})}
	cmd := exec.Command(built(t, name), args...)
	cmd.Stdout, cmd.Stderr = &p.said, &p.said
	// It looks at once, and at every order anew.
	cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_AUTHZREUSE=0")
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	go func() { // stop waits for it
		defer close(p.ended)
		cmd.Wait() //nolint:errcheck // it is killed at the end
	}()
	p.stop = sync.OnceFunc(func() {
		cmd.Process.Kill() //nolint:errcheck // it may have ended
		<-p.ended
		if t.Failed() {
			t.Logf("%s said:\n%s", name, &p.said)
		}
	})
	t.Cleanup(p.stop)
	return p
}

// built returns the path of a tool, built when it is not in the cache.
func built(t testing.TB, name string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	product, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		t.Fatalf("where the module is: %v", err)
	}
	tools := filepath.Join(filepath.Dir(strings.TrimSpace(string(product))), "tools", "go.mod")
	build := exec.CommandContext(ctx, "go", "tool", "-modfile="+tools, "-n", name)
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as make check builds tools
	var why bytes.Buffer
	build.Stderr = &why
	path, err := build.Output()
	if err != nil {
		t.Fatalf("build %s: %v\n%s", name, err, &why)
	}
	return strings.TrimSpace(string(path))
}

func (p *program) await(what string, ask func() bool) {
	p.t.Helper()
	for end := time.Now().Add(patience); !ask(); time.Sleep(10 * time.Millisecond) {
		select {
		case <-p.ended:
			p.t.Fatalf("%s (%s) ended:\n%s", what, p.name, &p.said)
		default:
		}
		if time.Now().After(end) {
			p.t.Fatalf("%s does not answer after %v:\n%s", what, patience, &p.said)
		}
	}
}
