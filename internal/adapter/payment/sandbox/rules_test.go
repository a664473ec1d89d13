package sandbox

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/money"
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
	price := money.Amount{Minor: 499, Currency: "EUR"}
	r := rules{period: Period(time.Minute), disputeAfter: 20 * time.Second, retryEvery: 10 * time.Second}
	sold := func(change func(*sub)) sub {
		s := sub{Anchor: start, Country: "FR"}
		s.Ref, s.Started = "sub_1", start
		s.Plan = subscription.Plan{Tier: "low", Interval: subscription.Month, Price: price}
		s = r.begin(s, start, start)
		change(&s)
		return s
	}
	trial := func(change func(*sub)) sub {
		s := sub{Anchor: start.Add(30 * time.Second)}
		s.Ref, s.Started, s.Status = "sub_1", start, subscription.StatusTrialing
		s.Plan = subscription.Plan{Tier: "low", Interval: subscription.Month, Price: price}
		s.PeriodStart, s.TrialEnd, s.PeriodEnd = start, s.Anchor, s.Anchor
		change(&s)
		return s
	}
	year := subscription.Plan{Tier: "high", Interval: subscription.Year, Price: money.Amount{Minor: 9900, Currency: "EUR"}}
	nothing := func(*sub) {}
	for name, c := range map[string]struct {
		sub     sub
		now     time.Duration
		months  int
		status  subscription.Status
		ended   time.Duration
		charges []int64
		kinds   []string
	}{
		"nothing is due":      {sold(nothing), 59 * time.Second, 1, subscription.StatusActive, 0, []int64{499}, nil},
		"renews":              {sold(nothing), time.Minute, 2, subscription.StatusActive, 0, []int64{499, 499}, []string{kindUpdated, kindPaid}},
		"slept through a few": {sold(nothing), 5*time.Minute + 1, 6, subscription.StatusActive, 0, []int64{499, 499, 499, 499, 499, 499}, []string{kindUpdated, kindPaid}},
		"cancelled": {
			sold(func(s *sub) { s.CancelAtPeriodEnd = true }), time.Hour, 1, subscription.StatusEnded, time.Minute, []int64{499}, []string{kindDeleted},
		},
		"paused": {sold(func(s *sub) { s.Paused = true }), time.Hour, 1, subscription.StatusActive, 0, []int64{499}, nil},
		"disputed and lost": {
			sold(func(s *sub) { s.Behaviour, s.Disputes = disputesLost, start.Add(30*time.Second) }), time.Hour, 1,
			subscription.StatusEnded, 50 * time.Second,
			[]int64{499},
			[]string{kindDisputed, kindDisputeClosed, kindDeleted},
		},
		"disputed and won": {
			sold(func(s *sub) { s.Behaviour, s.Disputes = disputesWon, start.Add(30*time.Second) }), 55 * time.Second, 1,
			subscription.StatusActive, 0,
			[]int64{499},
			[]string{kindDisputed, kindDisputeClosed},
		},
		"declined from the second month on": {
			sold(func(s *sub) { s.Behaviour = declinesLater }), 61 * time.Second, 1, subscription.StatusPastDue, 0,
			[]int64{499},
			[]string{kindUpdated, kindFailed},
		},
		"declined until the sandbox gives up": {
			sold(func(s *sub) { s.Behaviour = declinesLater }), time.Hour, 1, subscription.StatusEnded, 90 * time.Second,
			[]int64{499},
			[]string{kindUpdated, kindFailed, kindDeleted},
		},
		"a year from the next period on": {
			sold(func(s *sub) { s.Next = year }), 2 * time.Minute, 13, subscription.StatusActive, 0, []int64{499, 9900}, []string{kindUpdated, kindPaid},
		},
		"a trial costs nothing": {trial(nothing), 29 * time.Second, 0, subscription.StatusTrialing, 0, nil, nil},
		"a trial becomes paid":  {trial(nothing), 31 * time.Second, 1, subscription.StatusActive, 0, []int64{499}, []string{kindUpdated, kindPaid}},
		"a cancelled trial costs nothing": {
			trial(func(s *sub) { s.CancelAtPeriodEnd = true }), time.Hour, 0, subscription.StatusEnded, 30 * time.Second, nil, []string{kindDeleted},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, kinds := r.advance(c.sub, start.Add(c.now))
			if got.Months != c.months || got.Status != c.status || !slices.Equal(kinds, c.kinds) {
				t.Errorf("%s, months %d, told %v", got.Status, got.Months, kinds)
			}
			var charged []int64
			for _, ch := range got.Charges {
				charged = append(charged, ch.Total.Minor)
			}
			if !slices.Equal(charged, c.charges) {
				t.Errorf("charged %v", charged)
			}
			if ended := c.ended > 0; ended != (got.Status == subscription.StatusEnded) || (ended && !got.EndedAt.Equal(start.Add(c.ended))) {
				t.Errorf("ended %v", got.EndedAt)
			}
			if again, more := r.advance(got, start.Add(c.now)); !reflect.DeepEqual(again, got) || len(more) > 0 {
				t.Errorf("advancing again told %v", more)
			}
			if len(c.sub.Charges) > 0 && c.sub.Charges[0].Dispute.State != subscription.DisputeNone {
				t.Error("it wrote into what it was given")
			}
		})
	}
}

func TestProration(t *testing.T) {
	start := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	euros := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }
	plan := func(i subscription.Interval, minor int64) subscription.Plan {
		return subscription.Plan{Tier: "t", Interval: i, Price: euros(minor)}
	}
	x := sub{}
	x.Plan, x.PeriodStart, x.PeriodEnd = plan(subscription.Month, 500), start, start.AddDate(0, 1, 0)
	for name, c := range map[string]struct {
		to          subscription.Plan
		after       time.Duration
		credit, due int64
	}{
		"at once":             {plan(subscription.Month, 1500), 0, 500, 1000},
		"half way":            {plan(subscription.Month, 1500), 15 * 24 * time.Hour, 250, 500},
		"at the last moment":  {plan(subscription.Month, 1500), 30*24*time.Hour - time.Millisecond, 0, 0},
		"to a cheaper one":    {plan(subscription.Month, 300), 0, 500, 0},
		"to a year":           {plan(subscription.Year, 5000), 15 * 24 * time.Hour, 250, 4750},
		"to a year, too late": {plan(subscription.Year, 5000), 31 * 24 * time.Hour, 0, 5000},
	} {
		got := rules{}.prorate(x, c.to, start.Add(c.after))
		if got.Credit != euros(c.credit) || got.Due != euros(c.due) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestTax(t *testing.T) {
	for _, c := range []struct {
		total   int64
		country string
		want    int64
	}{{1200, "FR", 200}, {499, "FR", 83}, {499, "DE", 80}, {1, "DE", 0}, {499, "US", 0}, {499, "", 0}, {108, "CH", 8}} {
		if got := taxIn(c.total, c.country); got.Minor != c.want {
			t.Errorf("%d in %q: %d, want %d", c.total, c.country, got.Minor, c.want)
		}
	}
}
