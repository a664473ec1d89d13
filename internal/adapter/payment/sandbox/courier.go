package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// How the sandbox's clock and its deliveries go.
const (
	tickEvery    = 250 * time.Millisecond
	batch        = 100
	postTimeout  = 5 * time.Second
	claimLasts   = 2 * postTimeout // other nodes leave an event to the one that posts it
	retryFirst   = 500 * time.Millisecond
	retryMax     = 30 * time.Second
	deliverUntil = 72 * time.Hour // then it gives up, as Stripe does
)

// Run renews, ends and disputes subscriptions when their time comes, and
// delivers events to the webhook route at url, until ctx ends. Call it when the
// listener is up.
func (s *Sandbox) Run(ctx context.Context, url string) error {
	client := s.Client
	if client == nil {
		transport := &http.Transport{MaxIdleConnsPerHost: 2}
		defer transport.CloseIdleConnections()
		client = &http.Client{Transport: transport, CheckRedirect: noRedirect}
	}
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for {
		err := errors.Join(s.Advance(ctx), s.deliver(ctx, client, url))
		if err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "sandbox", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-s.wake:
		}
	}
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Advance brings every subscription whose time has come to now, and late
// payments to their session. Run calls it; tests that move the clock themselves
// may too.
func (s *Sandbox) Advance(ctx context.Context) error {
	now := s.moment()
	var due []sub
	var late []subscription.SandboxSession
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		if due, err = tx.DueSandboxSubscriptions(ctx, now, batch); err == nil {
			late, err = tx.DueSandboxSessions(ctx, now, batch)
		}
		return err
	})
	troubles := []error{err}
	for _, seen := range due {
		troubles = append(troubles, s.change(ctx, seen.Ref, func(x sub) (sub, []string, error) {
			is, kinds := s.rules().advance(x, now)
			return is, kinds, nil
		}))
	}
	for _, session := range late {
		troubles = append(troubles, s.arrive(ctx, session.Ref, now))
	}
	return errors.Join(troubles...)
}

// deliver posts the events that are due, one after the other.
func (s *Sandbox) deliver(ctx context.Context, client *http.Client, url string) error {
	var events []subscription.SandboxEvent
	now := s.Now()
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		events, err = tx.UnsentSandboxEvents(ctx, now, now.Add(-deliverUntil), batch)
		return err
	})
	troubles := []error{err}
	for _, e := range s.Mischief.order(events) {
		if ctx.Err() != nil {
			break
		}
		if err := s.deliverOne(ctx, client, url, e); err != nil {
			troubles = append(troubles, fmt.Errorf("deliver %s: %w", e.ID, err))
		}
	}
	return errors.Join(troubles...)
}

// deliverOne claims an event, posts it, and notes whether it arrived.
func (s *Sandbox) deliverOne(ctx context.Context, client *http.Client, url string, e subscription.SandboxEvent) error {
	e.Attempts++
	claim := s.Now().Add(claimLasts)
	mine, err := s.postpone(ctx, e, claim)
	if err != nil || !mine {
		return err
	}
	e.Due = claim
	for range s.Mischief.copies() {
		if err := s.post(ctx, client, url, e); err != nil {
			_, again := s.postpone(ctx, e, s.Now().Add(retryIn(e.Attempts)))
			return errors.Join(err, again)
		}
	}
	return s.Store.Update(ctx, func(tx Tx) error { return tx.SandboxEventSent(ctx, e.ID, s.Now()) })
}

func (s *Sandbox) postpone(ctx context.Context, e subscription.SandboxEvent, due time.Time) (mine bool, err error) {
	due = time.UnixMilli(due.UnixMilli())
	err = s.Store.Update(ctx, func(tx Tx) error {
		mine, err = tx.PostponeSandboxEvent(ctx, e, due)
		return err
	})
	return mine, err
}

func (s *Sandbox) post(ctx context.Context, client *http.Client, url string, e subscription.SandboxEvent) error {
	body, err := encode(e)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, postTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header = s.sign(body, s.Now())
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, 4096)); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the webhook answered %s", res.Status)
	}
	return nil
}

// retryIn doubles from half a second to half a minute.
func retryIn(attempts int) time.Duration {
	d := retryFirst
	for i := 1; i < attempts && d < retryMax; i++ {
		d *= 2
	}
	return min(d, retryMax)
}
