package subscription_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/mail"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// postman is a carrier that notes what left, and when.
type postman struct {
	w  *world
	mu sync.Mutex
	at []string // "60h0m0s kind until", counted from the failure
	t0 time.Time
}

func (p *postman) Carry(_ context.Context, m mail.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if kind, ok := strings.CutPrefix(string(m.Kind), "subscription."); ok {
		p.at = append(p.at, fmt.Sprint(p.w.clock.Now().Sub(p.t0), " ", kind, " ", m.Data["until"]))
	}
	return nil
}

// outbox is the post of one node.
func (p *postman) outbox(db *store.DB, s *subscription.Service) *mail.Outbox {
	return mail.NewOutbox(mail.Config{
		Store: store.UnitOf(db, func(tx *store.Tx) mail.OutboxTx { return tx }), Now: p.w.clock.Now, Carrier: p,
		Enclose: s.Enclosures(), Failed: func(k mail.Kind, err error) { p.w.t.Errorf("%s: %v", k, err) },
	})
}

// owing is somebody whose payment fails now, a month after they subscribed.
type owing struct {
	*world
	*postman
	buyer ident.Account
	sub   subscription.Subscription
	ref   string
	boxes []*mail.Outbox
}

func newOwing(t *testing.T, grace time.Duration) *owing {
	w := newWorld(t)
	w.service.Grace = grace
	o := &owing{world: w, postman: &postman{w: w}, buyer: w.person(true)}
	db, other := w.node(nil)
	other.Grace = grace
	o.boxes = []*mail.Outbox{o.outbox(w.db, w.service), o.outbox(db, other)}
	w.update(func(tx *store.Tx) error {
		address := string(o.buyer) + "@example.org"
		_, err := tx.ConfirmAddress(t.Context(), o.buyer, address, mail.Fold(address), w.clock.Now())
		return err
	})
	o.sub, o.ref = w.subscribe(o.buyer)
	w.clock.Set(o.sub.PeriodEnd)
	o.t0 = w.clock.Now()
	o.fail()
	return o
}

func (o *owing) fail() {
	o.provider.change(o.ref, func(x *subscription.Object) { x.Status = subscription.StatusPastDue })
	o.refresh(o.ref)
}

// pass lets time go by in steps of an hour, or of half a day. Two nodes look at the same moment, and
// the provider's word is heard again and again.
func (o *owing) pass(d time.Duration) {
	o.world.t.Helper()
	step := time.Hour
	if d > 7*day {
		step = 12 * time.Hour
	}
	for end := o.clock.Now().Add(d); ; o.clock.Advance(min(step, end.Sub(o.clock.Now()))) {
		var all sync.WaitGroup
		for _, box := range o.boxes {
			all.Go(func() {
				if err := box.Send(o.world.t.Context()); err != nil {
					o.world.t.Error(err)
				}
			})
		}
		all.Wait()
		o.refresh(o.ref)
		if !o.clock.Now().Before(end) {
			return
		}
	}
}

func (o *owing) wants(want ...string) {
	o.world.t.Helper()
	if !slices.Equal(o.at, want) {
		o.world.t.Errorf("left:\n%s\nwant:\n%s", strings.Join(o.at, "\n"), strings.Join(want, "\n"))
	}
}

// The subscription began on the first of March: its month ends on the first of
// April, and the door some days later.
func TestLettersOfAFailedPaymentFollowTheGrace(t *testing.T) {
	for name, c := range map[string]struct {
		grace time.Duration
		want  []string
	}{
		"none":        {0, []string{"0s payment_failed 2026-04-01", "1h0m0s door_closed 2026-04-01"}},
		"a day":       {day, []string{"0s payment_failed 2026-04-02", "24h0m0s door_closed 2026-04-02"}},
		"two days":    {2 * day, []string{"0s payment_failed 2026-04-03", "24h0m0s closing_tomorrow 2026-04-03", "48h0m0s door_closed 2026-04-03"}},
		"three days":  {3 * day, []string{"0s payment_failed 2026-04-04", "36h0m0s payment_reminder 2026-04-04", "48h0m0s closing_tomorrow 2026-04-04", "72h0m0s door_closed 2026-04-04"}},
		"fourteen":    {14 * day, []string{"0s payment_failed 2026-04-15", "168h0m0s payment_reminder 2026-04-15", "312h0m0s closing_tomorrow 2026-04-15", "336h0m0s door_closed 2026-04-15"}},
		"half a day":  {12 * time.Hour, []string{"0s payment_failed 2026-04-02", "12h0m0s door_closed 2026-04-02"}},
		"a day and ½": {36 * time.Hour, []string{"0s payment_failed 2026-04-03", "12h0m0s closing_tomorrow 2026-04-03", "36h0m0s door_closed 2026-04-03"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOwing(t, c.grace)
			o.pass(c.grace + 2*day)
			o.wants(c.want...)
		})
	}
}

func TestNoLetterFollowsWhatIsSettled(t *testing.T) {
	first := "0s payment_failed 2026-04-04"
	for name, c := range map[string]struct {
		settle func(o *owing)
		want   []string
	}{
		"paid":      {func(o *owing) { o.provider.renew(o.ref) }, []string{first}},
		"cancelled": {func(o *owing) { o.provider.change(o.ref, func(x *subscription.Object) { x.CancelAtPeriodEnd = true }) }, []string{first}},
		"cancelled and ended": {func(o *owing) {
			o.provider.change(o.ref, func(x *subscription.Object) { x.CancelAtPeriodEnd = true })
			o.provider.end(o.ref)
		}, []string{first}},
		"paid back and ended": {func(o *owing) {
			o.provider.change(o.ref, func(x *subscription.Object) {
				c := &x.Charges[0]
				c.Refunds = append(c.Refunds, subscription.Refund{Ref: "re", Amount: c.Total.Minor, At: o.clock.Now()})
			})
			o.provider.end(o.ref)
		}, []string{first}},
		// What the provider ends because it was never paid is told as the door closes.
		"given up": {func(o *owing) { o.provider.end(o.ref) }, []string{first, "1h0m0s door_closed 2026-04-01"}},
		"unpaid": {func(o *owing) {
			o.provider.change(o.ref, func(x *subscription.Object) { x.Status = subscription.StatusUnknown })
		}, []string{first, "1h0m0s door_closed 2026-04-01"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOwing(t, 3*day)
			o.pass(time.Hour)
			c.settle(o)
			o.refresh(o.ref)
			o.pass(5 * day)
			o.wants(c.want...)
		})
	}
}

// A letter that could not leave before it was paid does not leave afterwards.
func TestALetterThatWaitedIsAskedAgain(t *testing.T) {
	o := newOwing(t, 3*day)
	o.provider.renew(o.ref)
	o.refresh(o.ref)
	o.pass(5 * day)
	o.wants()
}

// Who stays inside by another right hears of the payment, and of no closing door.
func TestWhoStaysInsideIsNotToldOfAClosingDoor(t *testing.T) {
	o := newOwing(t, 3*day)
	wish := subscription.AwardWish{Name: o.nameOf(o.buyer), Source: subscription.SourceComp, Months: 2, Key: "k"}
	if _, err := o.service.Award(t.Context(), o.owner, o.channel, wish); err != nil {
		t.Fatal(err)
	}
	o.pass(5 * day)
	o.wants("0s payment_failed 2026-04-04")
}

// An operator who gives more time moves the letters that have not left.
func TestAnotherGraceMovesTheLetters(t *testing.T) {
	o := newOwing(t, 3*day)
	o.pass(day)
	o.service.Grace = 5 * day
	o.refresh(o.ref)
	o.pass(5 * day)
	o.wants("0s payment_failed 2026-04-04", "72h0m0s payment_reminder 2026-04-06", "96h0m0s closing_tomorrow 2026-04-06", "120h0m0s door_closed 2026-04-06")
}

// The next month may fail too, and is told of anew.
func TestEachMonthThatFailsHasItsLetters(t *testing.T) {
	o := newOwing(t, day)
	o.pass(time.Hour)
	o.provider.renew(o.ref)
	o.refresh(o.ref)
	sub, err := o.service.ByID(t.Context(), o.buyer, o.sub.ID)
	if err != nil {
		t.Fatal(err)
	}
	o.clock.Set(sub.PeriodEnd)
	o.fail()
	o.pass(2 * day)
	o.wants("0s payment_failed 2026-04-02", "720h0m0s payment_failed 2026-05-02", "744h0m0s door_closed 2026-05-02")
}
