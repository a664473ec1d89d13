package stripe_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/payment/stripe/stripetest"
)

// mock is started by the first test that asks.
var mock struct {
	sync.Mutex
	*stripetest.Mock
	spec *stripetest.Spec
}

func TestMain(m *testing.M) {
	flag.Parse()
	status := m.Run()
	if mock.Mock != nil {
		mock.Stop()
		http.DefaultClient.CloseIdleConnections()
	}
	if err := goleak.Find(); err != nil && status == 0 {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

// contract returns the address of stripe-mock; none when tests have to be short.
func contract() (string, error) {
	if testing.Short() {
		return "", nil
	}
	mock.Lock()
	defer mock.Unlock()
	if mock.Mock == nil {
		var err error
		if mock.spec, err = stripetest.Load(); err != nil {
			return "", err
		}
		if mock.Mock, err = stripetest.Start(); err != nil {
			return "", err
		}
	}
	return mock.Address, nil
}

// js is a JSON object.
type js = map[string]any

// list is a page of Stripe's.
func list(items ...js) js {
	return js{"object": "list", "data": append([]js{}, items...), "has_more": false, "url": "/v1/x"}
}

// request is what was asked of the fake.
type request struct {
	call string // 'METHOD /path'
	form url.Values
	key  string // of idempotency
}

// answer is what the fake says: a body, or a function of the request.
type answer func(request) (status int, body js)

// fake is a small Stripe. It says what a test lays out for it, and whatever it
// is asked it asks stripe-mock too: that one must accept it.
type fake struct {
	t       testing.TB
	url     string
	mu      sync.Mutex
	answers map[string]answer
	asked   []request
}

func newFake(t testing.TB) *fake {
	f := &fake{t: t, answers: map[string]answer{}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

// on lays out the answer to a call.
func (f *fake) on(call string, body js) { f.say(call, http.StatusOK, body) }

func (f *fake) say(call string, status int, body js) {
	f.reply(call, func(request) (int, js) { return status, body })
}

func (f *fake) reply(call string, a answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[call] = a
}

// refusal is the body of an error.
func refusal(kind, code, param string) js {
	return js{"error": js{"type": kind, "code": code, "param": param, "message": "secret words about buyer@example.org and sk_test_abc"}}
}

// calls returns what was asked, in order; of the given call only when there is one.
func (f *fake) calls(only ...string) []request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(f.asked), func(r request) bool {
		return len(only) > 0 && !slices.Contains(only, r.call)
	})
}

// one returns the only request of a call.
func (f *fake) one(call string) request {
	f.t.Helper()
	found := f.calls(call)
	if len(found) != 1 {
		f.t.Fatalf("%s was called %d times; the calls were %v", call, len(found), f.trail())
	}
	return found[0]
}

// trail lists what was written, in order.
func (f *fake) trail() []string {
	var out []string
	for _, r := range f.calls() {
		if !strings.HasPrefix(r.call, "GET ") {
			out = append(out, r.call)
		}
	}
	return out
}

// acts is trail without the naming of products, which only the first does.
func (f *fake) acts() []string {
	return slices.DeleteFunc(f.trail(), func(call string) bool { return strings.HasPrefix(call, "POST /v1/products") })
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		f.t.Errorf("read a request: %v", err)
	}
	form, err := url.ParseQuery(string(body))
	if r.Method == http.MethodGet {
		form = r.URL.Query()
	}
	if err != nil {
		f.t.Errorf("read a request: %v", err)
	}
	asked := request{call: r.Method + " " + r.URL.Path, form: form, key: r.Header.Get("Idempotency-Key")}
	f.hold(r, form, body)
	f.mu.Lock()
	f.asked = append(f.asked, asked)
	a := f.answers[asked.call]
	f.mu.Unlock()
	if a == nil {
		f.t.Errorf("the fake was not told what to say to %s %v", asked.call, form)
		a = func(request) (int, js) {
			return http.StatusNotFound, refusal("invalid_request_error", "resource_missing", "id")
		}
	}
	status, out := a(asked)
	if status == 0 { // the line is cut
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Request-Id", "req_1")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(out); err != nil {
		f.t.Errorf("answer: %v", err)
	}
}

// hold fails the test when stripe-mock, or the description, does not accept a
// request.
func (f *fake) hold(r *http.Request, form url.Values, body []byte) {
	address, err := contract()
	if err != nil {
		f.t.Error(err)
	}
	if address == "" {
		return
	}
	for field, value := range form {
		if strings.HasPrefix(field, "expand[") {
			if err := mock.spec.Expand(r.Method, r.URL.Path, value[0]); err != nil {
				f.t.Error(err)
			}
		}
	}
	copied, err := http.NewRequest(r.Method, address+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		f.t.Errorf("stripe-mock: %v", err)
		return
	}
	copied.Header = r.Header.Clone()
	copied.Header.Del("Accept-Encoding")
	res, err := http.DefaultClient.Do(copied)
	if err != nil {
		f.t.Errorf("stripe-mock: %v", err)
		return
	}
	defer res.Body.Close()
	said, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusOK {
		f.t.Errorf("stripe-mock refuses %s %s with %d:\n%s\n%s", r.Method, r.URL, res.StatusCode, body, said)
	}
}
