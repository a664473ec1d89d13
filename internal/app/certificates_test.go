package app_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/subspace-live/subspace/internal/adapter/certificate/authoritytest"
	"github.com/subspace-live/subspace/internal/app/apptest"
)

const publicName = "live.example.org"

// browser comes to the public address of a server on this machine.
type browser struct {
	t       *testing.T
	address string // where the server listens
	roots   *x509.CertPool
}

// talk returns a client that speaks HTTP/2, or only HTTP/1.1.
func (b browser) talk(two bool) *http.Client {
	var speaks http.Protocols
	speaks.SetHTTP1(true)
	speaks.SetHTTP2(two)
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: b.roots}, Protocols: &speaks,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, b.address)
		},
	}
	b.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: apptest.Patience}
}

// handshake calls a name and returns the certificate that is shown.
func (b browser) handshake(name string) (*x509.Certificate, error) {
	c, err := tls.DialWithDialer(&net.Dialer{Timeout: apptest.Patience}, "tcp", b.address, &tls.Config{RootCAs: b.roots, ServerName: name})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0], nil
}

// certificate waits until the server shows one that its authority vouches for.
func (b browser) certificate() *x509.Certificate {
	b.t.Helper()
	var shown *x509.Certificate
	apptest.Eventually(b.t, "no certificate is shown", func() bool {
		var err error
		shown, err = b.handshake(publicName)
		var wrong *tls.CertificateVerificationError
		if errors.As(err, &wrong) {
			b.t.Fatal(err)
		}
		return err == nil
	})
	return shown
}

// looks asks for pages and the API by HTTP/2 and opens a socket beside them.
func (b browser) looks() {
	b.t.Helper()
	two, one := b.talk(true), b.talk(false)
	for _, path := range []string{"/", "/api/session", "/healthz"} {
		for client, want := range map[*http.Client]int{two: 2, one: 1} {
			res, err := client.Get("https://" + publicName + path)
			if err != nil {
				b.t.Fatal(err)
			}
			_, err = io.Copy(io.Discard, res.Body)
			res.Body.Close()
			served := res.StatusCode == http.StatusOK || path == "/" // a page needs the web, which a Go test does not build
			if err != nil || !served || res.ProtoMajor != want {
				b.t.Errorf("%s: %s by %s, want HTTP/%d (%v)", path, res.Status, res.Proto, want, err)
			}
			if h := res.Header.Get("Strict-Transport-Security"); h != "" {
				b.t.Errorf("%s: nobody asked for HSTS: %q", path, h)
			}
		}
	}
	ctx, cancel := context.WithTimeout(b.t.Context(), apptest.Patience)
	defer cancel()
	ws, res, err := websocket.Dial(ctx, "wss://"+publicName+"/ws", &websocket.DialOptions{
		HTTPClient: one, Subprotocols: []string{"subspace.v1"}, HTTPHeader: http.Header{"Origin": {"https://" + publicName}},
	})
	if err != nil {
		b.t.Fatalf("a socket: %v", err)
	}
	defer ws.CloseNow() //nolint:errcheck // the test is over
	_, frame, err := ws.Read(ctx)
	if err != nil || !strings.Contains(string(frame), `"hello"`) || res.ProtoMajor != 1 {
		b.t.Errorf("a socket by %s hears %q, %v", res.Proto, frame, err)
	}
}

// What a browser offers first decides: it offers both for pages, and HTTP/1.1
// alone for a socket.
func TestCertificateFilesServeHTTP2AndSockets(t *testing.T) {
	cert, key := filepath.Join(t.TempDir(), "c.pem"), filepath.Join(t.TempDir(), "k.pem")
	b := browser{t: t, address: apptest.FreePort(t), roots: authoritytest.Certificate(t, publicName, cert, key)}
	encoders := browser{t: t, address: apptest.FreePort(t), roots: b.roots}
	apptest.Start(t, apptest.Options{Args: []string{
		"--listen", b.address, "--public-url", "https://" + publicName, "--tls-cert", cert, "--tls-key", key, "--rtmps-listen", encoders.address,
	}})
	b.looks()
	encoders.shows()
}

// shows fails unless the certificate is shown there, and nothing of HTTP agreed.
func (b browser) shows() {
	b.t.Helper()
	conn, err := tls.Dial("tcp", b.address, &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: b.roots, ServerName: publicName, NextProtos: []string{"h2"}})
	if err != nil {
		b.t.Fatalf("an encoder: %v", err)
	}
	defer conn.Close() //nolint:errcheck // looked at
	if p := conn.ConnectionState().NegotiatedProtocol; p != "" {
		b.t.Errorf("an encoder is spoken to in %q", p)
	}
}

// TestServerGetsKeepsAndRenewsItsCertificate has a real authority look for the
// server, and counts how often it is asked.
func TestServerGetsKeepsAndRenewsItsCertificate(t *testing.T) {
	if testing.Short() {
		t.Skip("runs an authority")
	}
	a := authoritytest.Start(t)
	b := browser{t: t, address: a.TLS, roots: a.Roots()}
	opt := apptest.Options{Data: t.TempDir(), Args: []string{
		"--listen", a.TLS, "--public-url", "https://" + publicName, "--acme", "I-agree", "--acme-directory", a.Directory, "--acme-root", a.Root,
	}}
	s := apptest.Start(t, opt)
	first := b.certificate()
	b.looks()
	if _, err := b.handshake("elsewhere.example.org"); err == nil || !strings.Contains(err.Error(), "unrecognized name") {
		t.Errorf("for another name: %v", err)
	}
	keysAreOurs(t, filepath.Join(opt.Data, "acme"))
	s.Stop()

	// In the last third of its life it is renewed while it serves.
	later := opt
	later.Now = func() time.Time { return time.Now().Add(authoritytest.Life * 3 / 4) }
	s = apptest.Start(t, later)
	renewed := first
	apptest.Eventually(t, "the certificate is not renewed", func() bool {
		renewed = b.certificate()
		return renewed.SerialNumber.Cmp(first.SerialNumber) != 0
	})
	s.Stop()

	// What is kept is used, and nobody is asked: in the authority's place stands
	// somebody who counts.
	a.Stop()
	asked := counts(t, a.Address)
	s = apptest.Start(t, opt)
	if again, err := b.handshake(publicName); err != nil || again.SerialNumber.Cmp(renewed.SerialNumber) != 0 {
		t.Errorf("the next start shows another certificate at first: %v", err)
	}
	s.Stop()
	if n := asked(); n != 0 {
		t.Errorf("a server with a good certificate called its authority %d times", n)
	}
}

// keysAreOurs fails unless the folder and its files are closed to others.
func keysAreOurs(t *testing.T, folder string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		} else {
			files++
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has the rights %v, want %v", path, info.Mode().Perm(), want)
		}
		return nil
	})
	if err != nil || files != 2 {
		t.Errorf("%d files are kept, want the account's key and the certificate: %v", files, err)
	}
}

// counts listens at an address until its answer is called, which returns how
// many came.
func counts(t *testing.T, address string) func() int {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	came := make(chan int)
	go func() { // ends with the listener
		n := 0
		for {
			c, err := l.Accept()
			if err != nil {
				came <- n
				return
			}
			n++
			c.Close()
		}
	}()
	return func() int { l.Close(); return <-came }
}

// TestPlainListenerProvesTheNameAndLeadsToHTTPS is for a server whose port 443
// the authority does not reach, but its port 80.
func TestPlainListenerProvesTheNameAndLeadsToHTTPS(t *testing.T) {
	if testing.Short() {
		t.Skip("runs an authority")
	}
	a := authoritytest.Start(t)
	b := browser{t: t, address: apptest.FreePort(t), roots: a.Roots()}
	data := t.TempDir()
	apptest.Start(t, apptest.Options{Data: data, Args: []string{
		"--listen", b.address, "--http-listen", a.Plain, "--public-url", "https://" + publicName + ":8443",
		"--acme", "I-agree", "--acme-directory", a.Directory, "--acme-root", a.Root,
	}})
	b.certificate()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	for path, want := range map[string]string{
		"/":                           "https://" + publicName + ":8443/",
		"/c/ines?from=a%20b":          "https://" + publicName + ":8443/c/ines?from=a%20b",
		"//elsewhere.example.org/a":   "https://" + publicName + ":8443//elsewhere.example.org/a",
		"/.well-known/acme-challenge": "https://" + publicName + ":8443/.well-known/acme-challenge",
	} {
		res, err := client.Get("http://" + a.Plain + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusTemporaryRedirect || res.Header.Get("Location") != want {
			t.Errorf("%s: %s to %q, want %q", path, res.Status, res.Header.Get("Location"), want)
		}
	}
	res, err := client.Post("http://"+a.Plain+"/api/session", "application/json", strings.NewReader(`{"name":"Nora"}`))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("a password in the open: %s, want a refusal", res.Status)
	}
	if _, err := os.Stat(filepath.Join(data, "acme")); err != nil {
		t.Error(err)
	}
}
