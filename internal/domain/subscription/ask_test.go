package subscription_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Whatever is asked of a provider that does not answer: people are told so, in
// one word, and that they may try again.
func TestAProviderThatDoesNotAnswerIsSaidToBeSo(t *testing.T) {
	w := newWorld(t)
	gold := w.tier("Gold", 999, 0)
	ctx := t.Context()
	subscribed := func() (ident.Account, subscription.Subscription, string) {
		by := w.person(true)
		sub, ref := w.subscribe(by)
		return by, sub, ref
	}
	acts := map[string]func() func() error{
		"open a checkout": func() func() error {
			by := w.person(true)
			return func() error {
				_, err := w.service.OpenCheckout(ctx, by, w.channel, subscription.Purchase{Key: "k"})
				return err
			}
		},
		"open one for another plan": func() func() error {
			by := w.person(true)
			if _, err := w.service.OpenCheckout(ctx, by, w.channel, subscription.Purchase{Key: "a"}); err != nil {
				t.Fatal(err)
			}
			return func() error {
				_, err := w.service.OpenCheckout(ctx, by, w.channel, subscription.Purchase{Key: "b", Tier: gold.ID})
				return err
			}
		},
		"open a gift": func() func() error {
			by, name := w.person(true), w.nameOf(w.person(true))
			return func() error {
				_, err := w.service.OpenGift(ctx, by, w.channel, subscription.GiftWish{Key: "k", Name: name, Months: 1})
				return err
			}
		},
		"settle a gift": func() func() error {
			w.applied(w.gift(w.person(true), subscription.GiftWish{People: 3}))
			return func() error { return w.service.SettleGifts(ctx) }
		},
		"cancel": func() func() error {
			by, sub, _ := subscribed()
			return func() error { _, err := w.service.Cancel(ctx, by, sub.ID); return err }
		},
		"pause": func() func() error {
			by, sub, _ := subscribed()
			return func() error { _, err := w.service.Pause(ctx, by, sub.ID); return err }
		},
		"resume": func() func() error {
			by, sub, ref := subscribed()
			w.provider.change(ref, func(o *subscription.Object) { o.Paused = true })
			w.refresh(ref)
			return func() error { _, err := w.service.Resume(ctx, by, sub.ID); return err }
		},
		"preview a change": func() func() error {
			by, sub, _ := subscribed()
			return func() error {
				_, err := w.service.PreviewChange(ctx, by, sub.ID, gold.ID, subscription.Month)
				return err
			}
		},
		"change": func() func() error {
			by, sub, _ := subscribed()
			return func() error {
				_, err := w.service.Change(ctx, by, sub.ID, gold.ID, subscription.Month, 1000, "k")
				return err
			}
		},
		"keep the plan": func() func() error {
			by, sub, ref := subscribed()
			w.provider.change(ref, func(o *subscription.Object) {
				o.Next = subscription.Plan{Tier: gold.ID, Interval: subscription.Month, Price: euros(999)}
			})
			w.refresh(ref)
			return func() error { _, err := w.service.KeepPlan(ctx, by, sub.ID); return err }
		},
		"change the card": func() func() error {
			by, sub, _ := subscribed()
			return func() error { _, err := w.service.CardPage(ctx, by, sub.ID, ""); return err }
		},
		"refund": func() func() error {
			_, sub, ref := subscribed()
			return func() error {
				_, err := w.service.Refund(ctx, w.owner, sub.Channel, "fake", "ch_"+ref+"_1", subscription.RefundWish{})
				return err
			}
		},
		"withdraw": func() func() error {
			by, sub, _ := subscribed()
			return func() error { _, err := w.service.Withdraw(ctx, by, sub.ID); return err }
		},
		"refresh": func() func() error {
			_, _, ref := subscribed()
			return func() error { _, err := w.service.Refresh(ctx, "fake", ref); return err }
		},
		"reconcile": func() func() error {
			subscribed()
			return func() error { return w.service.Reconcile(ctx) }
		},
	}
	for name, prepare := range acts {
		t.Run(name, func(t *testing.T) {
			act := prepare()
			for _, trouble := range []error{
				&net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}, context.DeadlineExceeded, io.ErrUnexpectedEOF,
			} {
				w.provider.down = trouble
				err := act()
				w.provider.down = nil
				f := fault.Of(err)
				if f == nil || f.Reason != "provider_unavailable" || f.Kind != fault.Unavailable || f.RetryAfter == 0 {
					t.Errorf("for %v it says %v", trouble, err)
				}
			}
		})
	}
}

// A provider that takes what comes and answers nothing keeps nobody for ever.
func TestAProviderThatHangsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.service.Providers = []subscription.Provider{hanging{w.provider}}
		began := time.Now()
		_, err := w.service.OpenCheckout(t.Context(), w.person(true), w.channel, subscription.Purchase{Key: "k"})
		if took := time.Since(began); !fault.Is(err, "provider_unavailable") || took > 40*time.Second {
			t.Errorf("after %v: %v", took, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = w.service.OpenCheckout(ctx, w.person(true), w.channel, subscription.Purchase{Key: "k"})
		if fault.Of(err) != nil || !errors.Is(err, context.Canceled) {
			t.Errorf("who went away is told %v", err)
		}
	})
}

type hanging struct{ subscription.Provider }

func (hanging) OpenCheckout(ctx context.Context, _ subscription.Order) (subscription.Session, error) {
	<-ctx.Done()
	return subscription.Session{}, ctx.Err()
}
