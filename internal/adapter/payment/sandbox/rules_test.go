package sandbox

import (
	"slices"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

func TestPermit(t *testing.T) {
	for _, c := range []struct {
		listen, public, consent string
		allowed                 bool
	}{
		{"127.0.0.1:8080", "", "", true},
		{"127.8.8.8:0", "http://localhost:8080", "", true},
		{"[::1]:8080", "https://[::1]", "", true},
		{"localhost:8080", "http://live.localhost", "", true},
		{"[::ffff:127.0.0.1]:80", "", "", true},
		{":8080", "", "", false},
		{"0.0.0.0:8080", "", "", false},
		{"[::]:8080", "", "", false},
		{"192.168.1.7:8080", "", "", false},
		{"live.example:8080", "", "", false},
		{"localhost.example:80", "", "", false},
		{"127.0.0.1:8080", "https://live.example", "", false},
		{"127.0.0.1:8080", "https://127.0.0.1.example", "", false},
		{"127.0.0.1:8080", "://", "", false},
		{"127.0.0.1", "", "", false},
		{"0.0.0.0:8080", "https://live.example", Consent, true},
		{"0.0.0.0:8080", "", "yes", false},
	} {
		err := Permit(c.listen, c.public, c.consent)
		if (err == nil) != c.allowed || (err != nil && !fault.Is(err, "sandbox_refused")) {
			t.Errorf("Permit(%q, %q, %q) = %v", c.listen, c.public, c.consent, err)
		}
	}
}

func TestPeriod(t *testing.T) {
	at := func(month time.Month, day int) time.Time { return time.Date(2027, month, day, 9, 30, 15, 0, time.UTC) }
	for _, c := range []struct {
		period Period
		start  time.Time
		n      int
		want   time.Time
	}{
		{0, at(1, 15), 1, at(2, 15)},
		{0, at(1, 31), 1, at(2, 28)},
		{0, at(1, 31), 2, at(3, 31)},
		{0, at(11, 30), 3, at(14, 29)},
		{0, at(1, 31), 13, at(14, 29)}, // February 2028 has a leap day
		{Period(10 * time.Second), at(1, 31), 3, at(1, 31).Add(30 * time.Second)},
	} {
		if got := c.period.After(c.start, c.n); !got.Equal(c.want) {
			t.Errorf("%v after %v: %v, want %v", c.n, c.start, got, c.want)
		}
	}
}

func TestAdvance(t *testing.T) {
	start := time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)
	sold := func(change func(*subscription.SandboxSubscription)) subscription.SandboxSubscription {
		s := subscription.SandboxSubscription{Object: subscription.Object{
			Status: subscription.StatusActive, Started: start, PeriodStart: start, PeriodEnd: start.Add(time.Minute), Months: 1,
		}}
		change(&s)
		return s
	}
	for name, c := range map[string]struct {
		sub    subscription.SandboxSubscription
		now    time.Duration
		months int
		ended  time.Duration
		kinds  []string
	}{
		"nothing is due":       {sold(func(*subscription.SandboxSubscription) {}), 59 * time.Second, 1, 0, nil},
		"renews":               {sold(func(*subscription.SandboxSubscription) {}), time.Minute, 2, 0, []string{kindUpdated, kindPaid}},
		"slept through a few":  {sold(func(*subscription.SandboxSubscription) {}), 5*time.Minute + 1, 6, 0, []string{kindUpdated, kindPaid}},
		"cancelled":            {sold(func(s *subscription.SandboxSubscription) { s.CancelAtPeriodEnd = true }), time.Hour, 1, time.Minute, []string{kindDeleted}},
		"disputed":             {sold(func(s *subscription.SandboxSubscription) { s.Disputes = start.Add(30 * time.Second) }), time.Hour, 1, 30 * time.Second, []string{kindDisputed, kindDeleted}},
		"disputed, but later":  {sold(func(s *subscription.SandboxSubscription) { s.Disputes = start.Add(90 * time.Second) }), time.Minute, 2, 0, []string{kindUpdated, kindPaid}},
		"disputed on renewing": {sold(func(s *subscription.SandboxSubscription) { s.Disputes = start.Add(time.Minute) }), time.Minute, 1, time.Minute, []string{kindDisputed, kindDeleted}},
	} {
		t.Run(name, func(t *testing.T) {
			got, kinds := advance(c.sub, Period(time.Minute), start.Add(c.now))
			if got.Months != c.months || !slices.Equal(kinds, c.kinds) {
				t.Errorf("months %d, told %v", got.Months, kinds)
			}
			if ended := c.ended > 0; ended != (got.Status == subscription.StatusEnded) || (ended && !got.EndedAt.Equal(start.Add(c.ended))) {
				t.Errorf("got %+v", got)
			}
			if again, more := advance(got, Period(time.Minute), start.Add(c.now)); again != got || len(more) > 0 {
				t.Errorf("advancing again told %v", more)
			}
		})
	}
}
