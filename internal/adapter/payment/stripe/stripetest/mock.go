// Package stripetest runs stripe-mock on loopback for tests: the server by which
// Stripe checks its own libraries.
//
// Owns: stripe-mock, built from tools/go.mod, and its ports. Promises: it holds
// every request to Stripe's published description (paths, names, types and
// choices of parameters; one that is not in it is refused); it has ended when
// Stop returns; Spec knows what can be expanded, which the mock does not look
// at. Does not do: remembering anything, or refusing what is merely wrong: it
// answers with samples, whatever was asked before.
package stripetest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// patience is how long the program may take to be built and to answer.
const patience = 5 * time.Minute

// Key is one that the mock takes: it looks at the shape.
const Key = "sk_test_123"

// Mock is a server that runs.
type Mock struct {
	Address string

	cmd   *exec.Cmd
	said  *output
	ended chan struct{}
}

// Start runs a mock until Stop.
func Start() (*Mock, error) {
	program, err := built()
	if err != nil {
		return nil, err
	}
	plain, err := freePort()
	if err != nil {
		return nil, err
	}
	tls, err := freePort() // without an address for the second one it would listen to everybody
	if err != nil {
		return nil, err
	}
	m := &Mock{Address: "http://" + plain, said: &output{}, ended: make(chan struct{})}
	m.cmd = exec.Command(program, "-http-addr", plain, "-https-addr", tls)
	m.cmd.Stdout, m.cmd.Stderr = m.said, m.said
	if err := m.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start stripe-mock: %w", err)
	}
	go func() { // Stop waits for it
		defer close(m.ended)
		m.cmd.Wait() //nolint:errcheck // it is killed at the end
	}()
	if err := m.await(); err != nil {
		m.Stop()
		return nil, err
	}
	return m, nil
}

// Stop ends the mock.
func (m *Mock) Stop() {
	m.cmd.Process.Kill() //nolint:errcheck // it may have ended
	<-m.ended
}

// await returns once the mock answers, with whatever.
func (m *Mock) await() error {
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if res, err := client.Get(m.Address); err == nil {
			return res.Body.Close()
		}
		select {
		case <-m.ended:
			return fmt.Errorf("stripe-mock ended:\n%s", m.said)
		default:
		}
	}
	return fmt.Errorf("stripe-mock does not answer after %v:\n%s", patience, m.said)
}

// built returns the path of the program, built when it is not in the cache.
func built() (string, error) {
	tools, err := toolsFile()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	build := exec.CommandContext(ctx, "go", "tool", "-modfile="+tools, "-n", "stripe-mock")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as make check builds tools
	var why bytes.Buffer
	build.Stderr = &why
	path, err := build.Output()
	if err != nil {
		return "", fmt.Errorf("build stripe-mock: %w\n%s", err, &why)
	}
	return strings.TrimSpace(string(path)), nil
}

// toolsFile is tools/go.mod.
func toolsFile() (string, error) {
	product, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("where the module is: %w", err)
	}
	return filepath.Join(filepath.Dir(strings.TrimSpace(string(product))), "tools", "go.mod"), nil
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// output keeps what the program writes.
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
