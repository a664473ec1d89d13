package apptest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// Person is somebody with a browser: a cookie jar and an address of their own.
type Person struct {
	Name     string
	ID       string // of the account; empty for nobody in particular
	Password string
	From     string // the network address a proxy would report
	Bearer   string // comes by this secret, with every request; empty: by the cookie alone

	t    testing.TB
	base string
	http *http.Client

	mu       sync.Mutex
	received [][]byte
	sockets  []*Socket
	looked   int // at so many of received
}

// Problem is a refusal as it came over the wire.
type Problem struct {
	Status     int
	Reason     string
	Detail     string
	RetryAfter float64 `json:"retry_after"`
}

func (p *Problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Reason, p.Detail) }

// Answer is what came back for one request.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Stranger returns somebody who is not signed in.
func (s *Place) Stranger() *Person {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	s.t.Cleanup(transport.CloseIdleConnections)
	n := s.ends.Add(1)
	return &Person{
		t: s.t, base: s.URL, From: fmt.Sprintf("10.1.%d.%d", n/200, n%200+1),
		http: &http.Client{Jar: jar, Transport: transport, Timeout: Patience},
	}
}

// SignUp makes a full account.
func (s *Place) SignUp(name string) *Person {
	s.t.Helper()
	p := s.Stranger()
	p.Name, p.Password = name, "pass "+rand.Text()
	Secret(s.t, p.Password)
	p.as(p.Do("POST", "/api/accounts", map[string]any{"name": name, "password": p.Password}))
	return p
}

// Light makes an account of a name alone.
func (s *Place) Light(name string) *Person {
	s.t.Helper()
	p := s.Stranger()
	p.Name = name
	p.as(p.Do("POST", "/api/session/light", map[string]any{"name": name}))
	return p
}

// At returns the same person, with the same session, as a visitor of another node.
func (p *Person) At(s *Server) *Person { return p.AtPlace(s.Place) }

// AtPlace is At for a node that runs elsewhere.
func (p *Person) AtPlace(s *Place) *Person {
	p.t.Helper()
	q := s.Stranger()
	q.Name, q.ID, q.Password = p.Name, p.ID, p.Password
	for _, c := range p.Cookies() {
		q.http.Jar.SetCookies(address(s.URL), []*http.Cookie{c})
	}
	return q
}

func (p *Person) as(a Answer) {
	p.t.Helper()
	var session struct{ Account struct{ ID, Name string } }
	a.Into(p.t, &session)
	p.ID, p.Name = session.Account.ID, session.Account.Name
	for _, c := range p.Cookies() {
		Secret(p.t, c.Value)
	}
}

// Cookies returns what the browser holds.
func (p *Person) Cookies() []*http.Cookie { return p.http.Jar.Cookies(address(p.base)) }

func address(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}

// Ask makes one request. headers are pairs. Bytes are sent as they are, all else as JSON.
func (p *Person) Ask(method, path string, in any, headers ...string) (Answer, error) {
	var body io.Reader
	kind := "application/json"
	if file, is := in.([]byte); is {
		body, kind = bytes.NewReader(file), "application/octet-stream"
	} else if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return Answer{}, err
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(context.Background(), method, p.base+path, body)
	if err != nil {
		return Answer{}, err
	}
	if in != nil {
		r.Header.Set("Content-Type", kind)
	}
	r.Header.Set("X-Forwarded-For", p.From)
	if p.Bearer != "" {
		r.Header.Set("Authorization", "Bearer "+p.Bearer)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := p.http.Do(r)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	a := Answer{Status: res.StatusCode, Header: res.Header}
	a.Body, err = io.ReadAll(res.Body)
	p.keep(a.Body)
	return a, err
}

func (p *Person) keep(b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.received = append(p.received, b)
}

// Try makes a request and reads the answer into out, which may be nil. A refusal
// is a *Problem.
func (p *Person) Try(method, path string, in, out any) error {
	a, err := p.Ask(method, path, in)
	if err != nil {
		return err
	}
	if problem := a.Problem(); problem != nil {
		return problem
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(a.Body, out)
}

// Do makes a request that must succeed.
func (p *Person) Do(method, path string, in any) Answer {
	p.t.Helper()
	a, err := p.Ask(method, path, in)
	if err != nil {
		p.t.Fatalf("%s: %s %s: %v", p.Name, method, path, err)
	}
	if problem := a.Problem(); problem != nil {
		p.t.Fatalf("%s: %s %s: %v", p.Name, method, path, problem)
	}
	return a
}

// Refused makes a request that must be refused, and returns the reason.
func (p *Person) Refused(method, path string, in any) string {
	p.t.Helper()
	err := p.Try(method, path, in, nil)
	var problem *Problem
	if !errors.As(err, &problem) {
		p.t.Fatalf("%s: %s %s: want a refusal, got %v", p.Name, method, path, err)
	}
	return problem.Reason
}

// Problem returns the refusal in the answer, or nil when it is none.
func (a Answer) Problem() *Problem {
	if a.Status < 300 {
		return nil
	}
	p := &Problem{}
	_ = json.Unmarshal(a.Body, p) // another body leaves the status to tell
	p.Status = a.Status
	return p
}

// Into reads the answer's JSON.
func (a Answer) Into(t testing.TB, out any) {
	t.Helper()
	if err := json.Unmarshal(a.Body, out); err != nil {
		t.Fatalf("answer %q: %v", a.Body, err)
	}
}

// Received returns every body and frame that reached this person, each with its
// strings unescaped besides.
func (p *Person) Received() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := append([][]byte(nil), p.received...)
	for _, s := range p.sockets {
		for _, f := range s.Frames() {
			all = append(all, f.Raw)
		}
	}
	var plain [][]byte
	for _, b := range all {
		var v any
		if json.Unmarshal(b, &v) == nil {
			var words bytes.Buffer
			unescape(&words, v)
			plain = append(plain, words.Bytes())
		}
	}
	return append(all, plain...)
}

// New returns the bodies and frames that came since New was last asked, as they
// came over the wire.
func (p *Person) New() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	fresh := p.received[p.looked:len(p.received):len(p.received)]
	p.looked = len(p.received)
	for _, s := range p.sockets {
		s.mu.Lock()
		for _, f := range s.frames[s.looked:] {
			fresh = append(fresh, f.Raw)
		}
		s.looked = len(s.frames)
		s.mu.Unlock()
	}
	return fresh
}

func unescape(w *bytes.Buffer, v any) {
	switch v := v.(type) {
	case string:
		w.WriteString(v + "\n")
	case []any:
		for _, x := range v {
			unescape(w, x)
		}
	case map[string]any:
		for k, x := range v {
			w.WriteString(k + "\n")
			unescape(w, x)
		}
	}
}

// Saw reports whether the words stand in anything this person received.
func (p *Person) Saw(words string) bool {
	for _, b := range p.Received() {
		if bytes.Contains(b, []byte(words)) {
			return true
		}
	}
	return false
}

// Pays buys a subscription with the sandbox's good card and returns its id when
// the door is open.
func (p *Person) Pays(handle string) string {
	p.t.Helper()
	if err := p.Pay(handle); err != nil {
		p.t.Fatalf("%s pays: %v", p.Name, err)
	}
	p.waitInside(handle)
	return p.Subscription(handle)
}

// Pay buys a subscription and does not wait for anything.
func (p *Person) Pay(handle string) error {
	return p.Buy(handle, "4242424242424242", map[string]any{"country": "FR"})
}

// Buy opens a checkout with what is wanted and pays it with a card of the sandbox.
func (p *Person) Buy(handle, card string, want map[string]any) error {
	body := map[string]any{"key": rand.Text(), "of_age": true}
	maps.Copy(body, want)
	var checkout struct{ ID string }
	if err := p.Try("POST", "/api/channels/"+handle+"/checkout", body, &checkout); err != nil {
		return err
	}
	return p.Try("POST", "/api/sandbox/checkouts/"+checkout.ID+"/pay", map[string]any{"card": card}, nil)
}

func (p *Person) waitInside(handle string) {
	p.t.Helper()
	Eventually(p.t, p.Name+" is not inside "+handle, func() bool { return p.Standing(handle).Inside })
}

// Calendar makes the person's calendar address in a channel, and returns its path.
func (p *Person) Calendar(c Channel) string {
	p.t.Helper()
	var made struct{ URL string }
	p.Do("POST", c.Path("/schedule/calendar"), nil).Into(p.t, &made)
	at, err := url.Parse(made.URL)
	if err != nil || !at.IsAbs() {
		p.t.Fatalf("the address is %q (%v)", made.URL, err)
	}
	Secret(p.t, strings.Split(at.Path, "/")[3])
	return at.Path
}

// Standing is what a person is in a channel.
type Standing struct {
	Role, Reason       string
	Subscriber, Inside bool
	Months             int
	Until              *time.Time
	Gift               *struct {
		ID, From     string
		Months       int
		Starts, Ends time.Time
	}
}

// Standing asks what the person is in a channel.
func (p *Person) Standing(handle string) Standing {
	p.t.Helper()
	var c struct{ Me Standing }
	p.Do("GET", "/api/channels/"+handle, nil).Into(p.t, &c)
	return c.Me
}

// Subscription returns the id of the newest subscription to a channel.
func (p *Person) Subscription(handle string) string {
	p.t.Helper()
	var list struct {
		Subscriptions []struct{ ID, Channel string }
	}
	p.Do("GET", "/api/subscriptions", nil).Into(p.t, &list)
	for _, s := range list.Subscriptions {
		if s.Channel == handle {
			return s.ID
		}
	}
	p.t.Fatalf("%s has no subscription to %s", p.Name, handle)
	return ""
}

// Posts writes into a room over REST and returns the sequence.
func (p *Person) Posts(handle, room, text string) int64 {
	p.t.Helper()
	var posted struct{ Seq int64 }
	p.Do("POST", "/api/channels/"+handle+"/rooms/"+room+"/messages", map[string]any{"key": rand.Text(), "text": text}).Into(p.t, &posted)
	return posted.Seq
}

// Event is one event of a log.
type Event struct {
	Log  string
	Seq  int64
	ID   string
	Kind string
	V    int
	At   time.Time
	Data struct {
		Author struct {
			ID, Name, Role, Badge string
			Subscriber            bool
			Months                int
		}
		Text, Name, By, Question string
		Seqs                     []int64
		Months, People           int      // of a gift
		To                       []string // those of them who are named
		ReplyTo                  *struct {
			Seq           int64
			Name, Excerpt string
		} `json:"reply_to"`
	}
	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler and keeps the bytes.
func (e *Event) UnmarshalJSON(b []byte) error {
	type plain Event
	if err := json.Unmarshal(b, (*plain)(e)); err != nil {
		return err
	}
	e.Raw = append([]byte(nil), b...)
	return nil
}

// History reads a whole log by pages after a cursor.
func (p *Person) History(handle, room string, after int64) []Event {
	p.t.Helper()
	all, err := p.TryHistory(handle, room, after)
	if err != nil {
		p.t.Fatalf("%s reads %s of %s: %v", p.Name, room, handle, err)
	}
	return all
}

// TryHistory is History for those who may be refused.
func (p *Person) TryHistory(handle, room string, after int64) ([]Event, error) {
	var all []Event
	for {
		page, err := p.page(handle, room, fmt.Sprintf("?limit=500&after=%d", after))
		if err != nil {
			return nil, err
		}
		all = append(all, page.Events...)
		if !page.More {
			return all, nil
		}
		after = all[len(all)-1].Seq
	}
}

type page struct {
	Events []Event
	Head   int64
	More   bool
}

func (p *Person) page(handle, room, query string) (page, error) {
	var out page
	err := p.Try("GET", "/api/channels/"+handle+"/rooms/"+room+"/events"+query, nil, &out)
	return out, err
}

// socketAddress is where this person's socket connects to.
func (p *Person) socketAddress() string { return "ws" + strings.TrimPrefix(p.base, "http") + "/ws" }
