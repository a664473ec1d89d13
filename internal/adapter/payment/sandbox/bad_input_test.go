package sandbox_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/payment/sandbox"
	"github.com/subspace-live/subspace/internal/adapter/payment/webhook"
	"github.com/subspace-live/subspace/internal/adapter/store"
)

// secret is what this database's events are signed with.
func (w *world) secret() (secret string) {
	w.t.Helper()
	w.update(func(tx *store.Tx) (err error) {
		secret, err = tx.PutSettingOnce(w.t.Context(), "sandbox_webhook_secret", "")
		return err
	})
	return secret
}

// Whatever a signed body says, the route answers in order, nothing is given, and
// nothing is asked about for ever.
func TestSignedBodiesThatMeanNothing(t *testing.T) {
	w := newWorld(t, sandbox.Mischief{})
	secret := w.secret()
	post := func(t *testing.T, body string) (status int, answer string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.web.URL, strings.NewReader(body))
		must(w, err)
		req.Header.Set(sandbox.SignatureHeader, webhook.Sign([]byte(body), w.clock.Now(), secret))
		res, err := w.web.Client().Do(req)
		must(w, err)
		defer res.Body.Close()
		said, err := io.ReadAll(res.Body)
		must(w, err)
		return res.StatusCode, string(said)
	}
	for name, c := range map[string]struct {
		body   string
		status int
		reason string
		asked  int // objects that the provider is asked about
	}{
		"nothing":                    {"", 400, "event_malformed", 0},
		"no JSON":                    {"<event/>", 400, "event_malformed", 0},
		"half of it":                 {`{"id":"evt_1","data":{"obj`, 400, "event_malformed", 0},
		"a list":                     {`[{"id":"evt_1"}]`, 400, "event_malformed", 0},
		"no name":                    {`{"type":"invoice.paid"}`, 400, "event_malformed", 0},
		"a name that is a number":    {`{"id":7}`, 400, "event_malformed", 0},
		"an object that is a list":   {`{"id":"evt_1","data":{"object":{"subscription":["sub_1"]}}}`, 400, "event_malformed", 0},
		"no object":                  {`{"id":"evt_2","type":"invoice.paid"}`, 200, "", 0},
		"an object that is null":     {`{"id":"evt_3","type":"invoice.paid","data":{"object":{"subscription":null}}}`, 200, "", 0},
		"an object nobody knows":     {`{"id":"evt_4","type":"invoice.paid","data":{"object":{"subscription":"sub_nothing"}}}`, 200, "", 1},
		"a checkout nobody knows":    {`{"id":"evt_5","type":"invoice.paid","data":{"object":{"subscription":"checkout:cs_nothing"}}}`, 200, "", 1},
		"a kind of tomorrow":         {`{"id":"evt_6","type":"quantum.entangled","data":{"object":{"subscription":"sub_other"}}}`, 200, "", 1},
		"more than it should say":    {`{"id":"evt_7","extra":{"a":[1,2]},"data":{"object":{"subscription":"sub_more","status":"active"}}}`, 200, "", 1},
		"a name with a quote in it":  {`{"id":"evt_8'; DROP TABLE inbox; --","data":{"object":{"subscription":"sub_'quote"}}}`, 200, "", 1},
		"an end of something absent": {`{"id":"evt_9","type":"customer.subscription.deleted","data":{"object":{"subscription":"sub_absent"}}}`, 200, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 {
				if status, said := post(t, c.body); status != c.status || !strings.Contains(said, c.reason) {
					t.Errorf("answered %d %s", status, said)
				}
			}
			n, _ := w.inbox.Settle(t.Context()) // what is missing is told, and settled
			if n != c.asked {
				t.Errorf("%d objects were due, want %d", n, c.asked)
			}
			w.clock.Advance(10 * time.Minute)
			if n, err := w.inbox.Settle(t.Context()); n != 0 || err != nil {
				t.Errorf("%d objects are still due, %v", n, err)
			}
		})
	}
	for _, table := range []string{"subscription", "access_grant", "sale", "ledger_transaction", "payment_difference"} {
		if n := w.count(`SELECT COUNT(*) FROM ` + table); n != 0 {
			t.Errorf("%d rows in %s", n, table)
		}
	}
}

// An event that names what belongs to somebody else, or that was made up about
// something real, changes nothing: the provider is asked.
func TestAnEventCannotLieAboutWhatIsReal(t *testing.T) {
	w := newWorld(t, sandbox.Mischief{})
	secret := w.secret()
	a := &actor{by: w.person()}
	subscribed(w, w.process(&life{}, honest), a)
	body := `{"id":"evt_lie","type":"customer.subscription.deleted","data":{"object":{"subscription":"` + a.ref + `","status":"canceled"}}}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.web.URL, strings.NewReader(body))
	must(w, err)
	req.Header.Set(sandbox.SignatureHeader, webhook.Sign([]byte(body), w.clock.Now(), secret))
	res, err := w.web.Client().Do(req)
	must(w, err)
	must(w, res.Body.Close())
	if n, err := w.inbox.Settle(t.Context()); n != 1 || err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s, %d objects, %v", res.Status, n, err)
	}
	if !w.inside(a.by).Allowed {
		t.Error("the event was believed")
	}
}
