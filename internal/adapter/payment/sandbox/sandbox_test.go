package sandbox_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/payment/sandbox"
	"github.com/subspace-live/subspace/internal/adapter/payment/webhook"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

func TestPaidIsInsideOnlyByWayOfTheWebhook(t *testing.T) {
	w := newWorld(t, sandbox.Mischief{})
	buyer := w.person()
	c := w.pay(buyer, w.checkout(buyer).ID, good)
	if c.State != subscription.CheckoutPending || w.inside(buyer).Allowed {
		t.Fatalf("got %s; inside before any event: %v", c.State, w.inside(buyer))
	}
	w.run(w.node)
	w.await(w.node, "paid")
	if d := w.inside(buyer); !d.Allowed || !d.Until.Equal(w.clock.Now().Add(period+grace)) {
		t.Errorf("got %+v", d)
	}
	if c, err := w.service.CheckoutByID(t.Context(), buyer, c.ID); err != nil || c.State != subscription.CheckoutComplete {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestDeclinedThenPaidOnOneCheckout(t *testing.T) {
	w := newWorld(t, sandbox.Mischief{})
	w.run(w.node)
	buyer := w.person()
	id := w.checkout(buyer).ID
	if c := w.pay(buyer, id, declined); c.State != subscription.CheckoutDeclined || c.Reason != "card_declined" {
		t.Fatalf("got %+v", c)
	}
	if c := w.checkout(buyer); c.ID != id || c.State != subscription.CheckoutDeclined {
		t.Fatalf("the page lost its checkout: %+v", c)
	}
	if c := w.pay(buyer, id, good); c.Reason != "" {
		t.Fatalf("got %+v", c)
	}
	w.await(w.node, "paid")
	if c := w.pay(buyer, id, good); c.State != subscription.CheckoutComplete {
		t.Errorf("got %+v", c)
	}
}

func TestAClockAloneRenewsEndsAndDisputes(t *testing.T) {
	w := newWorld(t, sandbox.Mischief{})
	w.run(w.node)
	keeps, cancels, regrets := w.person(), w.person(), w.person()
	for by, card := range map[ident.Account]string{keeps: good, cancels: good, regrets: disputes} {
		w.pay(by, w.checkout(by).ID, card)
		w.await(w.node, "paid")
	}
	w.clock.Advance(disputeAfter)
	w.await(w.node, "disputed")
	if d := w.inside(regrets); d.Allowed || d.Reason != "right_revoked" {
		t.Errorf("after the dispute: %+v", d)
	}
	w.clock.Advance(disputeAfter)
	w.await(w.node, "ended") // the dispute is lost
	subs, err := w.service.List(t.Context(), cancels)
	if err != nil || len(subs) != 1 {
		t.Fatal(subs, err)
	}
	if _, err := w.service.Cancel(t.Context(), cancels, subs[0].ID); err != nil {
		t.Fatal(err)
	}
	w.await(w.node, "cancelled")
	w.clock.Advance(period - 2*disputeAfter - time.Millisecond)
	if !w.inside(cancels).Allowed {
		t.Error("shut before the paid period ended")
	}
	w.clock.Advance(time.Millisecond)
	if w.inside(cancels).Allowed {
		t.Error("open after the paid period ended")
	}
	w.await(w.node, "renewed")
	if d := w.inside(keeps); !d.Allowed || !d.Until.Equal(w.clock.Now().Add(period+grace)) {
		t.Errorf("after the renewal: %+v", d)
	}
}

func TestOnlyTheOpenerPaysAndWithATestCard(t *testing.T) {
	w := newWorld(t, sandbox.Mischief{})
	buyer, stranger := w.person(), w.person()
	c := w.checkout(buyer)
	refused := func(by ident.Account, card, reason string) {
		t.Helper()
		if _, err := w.till.Pay(t.Context(), by, c.ID, card, false); !fault.Is(err, reason) {
			t.Errorf("got %v, want %s", err, reason)
		}
	}
	refused(stranger, good, "checkout_missing")
	refused(w.owner, good, "checkout_missing")
	refused("", good, "checkout_missing")
	refused(buyer, "4111111111111111", "card_unknown")
	refused(buyer, "", "card_unknown")
	w.clock.Advance(time.Hour)
	refused(buyer, good, "checkout_expired")
}

func TestManyClicksChargeOnce(t *testing.T) {
	w := newWorld(t, sandbox.Mischief{})
	other := w.start(sandbox.Mischief{})
	buyer := w.person()
	c := w.checkout(buyer)
	var wg sync.WaitGroup
	for i := range 8 {
		till := []*sandbox.Till{w.till, other.till}[i%2]
		wg.Go(func() {
			if _, err := till.Pay(t.Context(), buyer, c.ID, good, false); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	w.update(func(tx *store.Tx) error {
		events, err := tx.UnsentSandboxEvents(t.Context(), w.clock.Now(), time.Time{}, 100)
		if len(events) != 2 { // created and paid, of one subscription
			t.Errorf("%d events of one payment", len(events))
		}
		return err
	})
}

// crashed stands for a till whose server died between charging and noting it.
type crashed struct{ *subscription.Service }

func (crashed) Progress(context.Context, ident.Checkout, subscription.CheckoutState, string) (subscription.Checkout, error) {
	return subscription.Checkout{}, errors.New("power cut")
}

func TestWhatIsChargedStaysChargedAfterACrash(t *testing.T) {
	w := newWorld(t, sandbox.Mischief{})
	buyer := w.person()
	c := w.checkout(buyer)
	if _, err := sandbox.NewTill(w.sandbox, crashed{w.service}).Pay(t.Context(), buyer, c.ID, good, false); err == nil {
		t.Fatal("the till did not crash")
	}
	if c := w.pay(buyer, c.ID, declined); c.State != subscription.CheckoutPending {
		t.Errorf("the paid checkout became %s", c.State)
	}
	w.run(w.node)
	w.await(w.node, "paid")
}

func TestNoCardNumberIsKept(t *testing.T) {
	w := newWorld(t, sandbox.Mischief{})
	buyer := w.person()
	c := w.checkout(buyer)
	w.pay(buyer, c.ID, declined)
	w.run(w.node)
	w.pay(buyer, c.ID, good)
	w.await(w.node, "paid")
	w.update(func(tx *store.Tx) error {
		s, _, err := tx.SandboxSession(t.Context(), c.Ref)
		if s.Card.Last4 != "4242" {
			t.Errorf("kept %q", s.Card.Last4)
		}
		return err
	})
	if s := w.journal.String(); strings.Contains(s, "42424242") || strings.Contains(s, "40000000") {
		t.Error("a card number is in the log")
	}
}

// TestForgedStaleAndRepeated posts to the real route as anybody could.
func TestForgedStaleAndRepeated(t *testing.T) {
	w := newWorld(t, sandbox.Mischief{})
	var body []byte
	var header string
	w.before = func(r *http.Request) int { // listens in on the first delivery and keeps it from arriving
		if body == nil {
			body, _ = io.ReadAll(r.Body) // what is missing fails the signature below
			header = r.Header.Get(sandbox.SignatureHeader)
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	}
	buyer := w.person()
	w.pay(buyer, w.checkout(buyer).ID, good)
	w.run(w.node)
	w.await(w.node, "paid") // by way of the second event
	post := func(header string, body []byte, status int, reason string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.web.URL, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set(sandbox.SignatureHeader, header)
		res, err := w.web.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		answer, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != status || !strings.Contains(string(answer), reason) {
			t.Errorf("got %s %s, %v; want %d %s", res.Status, answer, err, status, reason)
		}
	}
	post(webhook.Sign(body, w.clock.Now(), "guessed"), body, 400, "signature_invalid")
	post(header, append([]byte(" "), body...), 400, "signature_invalid")
	post(header, bytes.Repeat([]byte("x"), 64<<10+1), 413, "body_too_large")
	post(header, body, 200, "")
	post(header, body, 200, "")
	w.clock.Advance(6 * time.Minute)
	post(header, body, 400, "signature_stale")
	select {
	case why := <-w.whys:
		t.Errorf("a grant changed again: %s", why)
	default:
	}
}

func TestAnEventIsBroughtAgainUntilItArrives(t *testing.T) {
	w := newWorld(t, sandbox.Mischief{})
	var refusals atomic.Int32
	w.before = func(*http.Request) int {
		if refusals.Add(1) <= 4 {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	}
	buyer := w.person()
	w.pay(buyer, w.checkout(buyer).ID, good)
	w.run(w.node)
	pass, giveUp := time.NewTicker(20*time.Millisecond), time.After(30*time.Second)
	defer pass.Stop()
	for {
		select {
		case why := <-w.whys:
			if n := refusals.Load(); why != "paid" || n <= 4 {
				t.Errorf("%s after %d deliveries", why, n)
			}
			return
		case <-pass.C:
			w.clock.Advance(time.Second)
		case <-giveUp:
			t.Fatalf("never arrived:\n%s", w.journal)
		}
	}
}

// TestTwoNodesShareTheWork counts deliveries and renewals of two nodes that run
// on one database.
func TestTwoNodesShareTheWork(t *testing.T) {
	w := newWorld(t, sandbox.Mischief{})
	other := w.start(sandbox.Mischief{})
	var mu sync.Mutex
	posted := map[string]int{}
	count := func(r *http.Request) int {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return http.StatusBadRequest
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		mu.Lock()
		posted[string(body)]++
		mu.Unlock()
		return http.StatusOK
	}
	w.before, other.before = count, count
	if w.sandbox.Name() != sandbox.Name {
		t.Fatal("another name")
	}
	const buyers = 6
	for range buyers {
		by := w.person()
		w.pay(by, w.checkout(by).ID, good)
	}
	w.run(w.node, other)
	told := func(why string) {
		t.Helper()
		for range buyers {
			select {
			case got := <-w.whys:
				if got != why {
					t.Fatalf("got %q, want %q", got, why)
				}
			case got := <-other.whys:
				if got != why {
					t.Fatalf("got %q, want %q", got, why)
				}
			case <-time.After(30 * time.Second):
				t.Fatalf("not everybody was told %q:\n%s", why, w.journal)
			}
		}
	}
	told("paid")
	w.allSent() // an event on its way would be due again after the jump
	w.clock.Advance(period)
	told("renewed")
	mu.Lock()
	defer mu.Unlock()
	for body, times := range posted {
		if times != 1 {
			t.Errorf("posted %d times: %s", times, body)
		}
	}
}

func TestSimultaneousNodesRenewOnce(t *testing.T) {
	w := newWorld(t, sandbox.Mischief{})
	nodes := []*node{w.node, w.start(sandbox.Mischief{})}
	const buyers = 10
	for range buyers {
		by := w.person()
		w.pay(by, w.checkout(by).ID, good)
	}
	w.clock.Advance(period)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if err := nodes[i%2].sandbox.Advance(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	w.update(func(tx *store.Tx) error {
		events, err := tx.UnsentSandboxEvents(t.Context(), w.clock.Now(), time.Time{}, 1000)
		if len(events) != 4*buyers { // created and paid, updated and paid
			t.Errorf("%d events of %d subscriptions in their second month", len(events), buyers)
		}
		return err
	})
}

// TestAHostileNetworkChangesNothing doubles, disorders and drops deliveries.
func TestAHostileNetworkChangesNothing(t *testing.T) {
	w := newWorld(t, sandbox.Mischief{Random: rand.New(rand.NewPCG(1, 2)), Duplicate: 0.5, Drop: 0.5, Reorder: true})
	buyers := make([]ident.Account, 8)
	for i := range buyers {
		buyers[i] = w.person()
		w.pay(buyers[i], w.checkout(buyers[i]).ID, []string{good, disputes}[i%2])
	}
	w.run(w.node)
	w.clock.Advance(disputeAfter)
	if err := w.sandbox.Advance(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.service.Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, by := range buyers {
		if d := w.inside(by); d.Allowed != (i%2 == 0) {
			t.Errorf("buyer %d: %+v", i, d)
		}
	}
}

// Money that is on its way when a checkout's time is over comes all the same: until
// then the checkout is neither expired nor anybody's to give up.
func TestLateMoneyOutlivesItsCheckout(t *testing.T) {
	w := newWorld(t, sandbox.Mischief{})
	buyer := w.person()
	c := w.checkout(buyer)
	w.pay(buyer, c.ID, "4000000000000077")
	w.clock.Advance(2 * time.Hour)
	if s, err := w.sandbox.FetchCheckout(t.Context(), c.Ref); err != nil || s.Expired {
		t.Errorf("got %+v, %v", s, err)
	}
	must(w, w.service.ReconcileCheckouts(t.Context()))
	must(w, w.sandbox.Advance(t.Context()))
	must(w, w.service.Reconcile(t.Context()))
	if !w.inside(buyer).Allowed {
		t.Error("who paid is outside")
	}
}
