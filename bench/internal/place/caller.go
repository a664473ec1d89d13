package place

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Caller makes REST calls from one network address of this machine: throttles
// count by address, and a crowd has many.
type Caller struct {
	base string
	http *http.Client
}

// NewCaller returns a caller at a loopback address. Close it.
func NewCaller(base, from string) *Caller {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	transport := &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 16}
	return &Caller{base, &http.Client{Transport: transport, Timeout: 30 * time.Second}}
}

// Close lets go of the connections.
func (c *Caller) Close() { c.http.CloseIdleConnections() }

// Refusal is an answer that says no.
type Refusal struct {
	Status     int
	Reason     string
	RetryAfter float64 `json:"retry_after"`
}

func (r *Refusal) Error() string { return fmt.Sprintf("refused: %d %s", r.Status, r.Reason) }

// Call makes one request as a person and reads the answer into out, which may
// be nil. A refusal is a *Refusal.
func (c *Caller) Call(ctx context.Context, as Person, method, path string, in, out any) error {
	_, err := c.do(ctx, as, method, path, in, out)
	return err
}

// enter makes a request that opens a session, and returns who has it.
func (c *Caller) enter(ctx context.Context, path string, in any) (Person, error) {
	var session struct{ Account struct{ ID, Name string } }
	cookies, err := c.do(ctx, Person{}, "POST", path, in, &session)
	if err != nil {
		return Person{}, err
	}
	p := Person{ID: session.Account.ID, Name: session.Account.Name}
	for _, cookie := range cookies {
		if cookie.Value != "" {
			p.Cookie = cookie.Name + "=" + cookie.Value
		}
	}
	if p.Cookie == "" {
		return p, fmt.Errorf("%s set no cookie", path)
	}
	return p, nil
}

func (c *Caller) do(ctx context.Context, as Person, method, path string, in, out any) ([]*http.Cookie, error) {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", method, path, err)
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	r.Header.Set("Content-Type", "application/json")
	if as.Cookie != "" {
		r.Header.Set("Cookie", as.Cookie)
	}
	res, err := c.http.Do(r)
	if err != nil {
		return nil, err // names method and address
	}
	defer res.Body.Close() //nolint:errcheck // read to its end below
	answer, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if res.StatusCode >= 300 {
		refusal := &Refusal{}
		_ = json.Unmarshal(answer, refusal) // another body leaves the status to tell
		refusal.Status = res.StatusCode
		return nil, fmt.Errorf("%s %s: %w", method, path, refusal)
	}
	if out != nil {
		if err := json.Unmarshal(answer, out); err != nil {
			return nil, fmt.Errorf("%s %s: %w", method, path, err)
		}
	}
	return res.Cookies(), nil
}
