package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/ledger"
	"github.com/subspace-live/subspace/internal/domain/payout"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Owed implements payout.Tx.
func (tx *Tx) Owed(ctx context.Context, channel ident.Channel) ([]string, error) {
	var out []string
	err := tx.each(ctx, `SELECT asset FROM ledger_account WHERE owner = $1 AND kind = $2 ORDER BY asset`, []any{channel, ledger.CreatorPayable},
		func(scan func(...any) error) error {
			var asset string
			err := scan(&asset)
			out = append(out, asset)
			return err
		})
	return out, err
}

// moved holds for sales of which something went back or is disputed: how they
// divide is the domain's to say. All others are added up where they are.
const moved = `(refunded_minor > 0 OR dispute IN ('open', 'lost'))`

// TotalsOf implements payout.Tx.
func (tx *Tx) TotalsOf(ctx context.Context, channel ident.Channel, till payout.Till, from time.Time) (ours, others map[string]payout.Totals, err error) {
	ours, others = map[string]payout.Totals{}, map[string]payout.Totals{}
	err = tx.each(ctx, `SELECT s.provider, s.late, s.currency, CAST(SUM(s.total_minor) AS BIGINT), CAST(SUM(s.tax_minor) AS BIGINT),
		CAST(SUM(s.share_minor) AS BIGINT) FROM (SELECT provider, CASE WHEN at >= $1 THEN 1 ELSE 0 END AS late, currency, total_minor, tax_minor, share_minor
			FROM sale WHERE channel = $2) s GROUP BY s.provider, s.late, s.currency`,
		[]any{millis(from), channel}, func(scan func(...any) error) error {
			var provider, currency string
			var late int64
			var t payout.Totals
			if err := scan(&provider, &late, &currency, &t.Sold, &t.Tax, &t.Share); err != nil {
				return err
			}
			sums := others
			if provider == till.Provider && late == 1 {
				sums = ours
			}
			sums[currency] = sums[currency].Plus(t)
			return nil
		})
	if err != nil {
		return nil, nil, err
	}
	back, err := tx.sales(ctx, `channel = $1 AND `+moved, channel)
	for _, s := range back {
		sums := others
		if s.Provider == till.Provider && !s.At.Before(from) {
			sums = ours
		}
		t := payout.Totals{Held: s.Held}
		t.Back, t.BackTax, t.BackShare = s.Back()
		sums[s.Total.Currency] = sums[s.Total.Currency].Plus(t)
	}
	return ours, others, err
}

// dayMillis is how long a day is.
const dayMillis = int64(24 * time.Hour / time.Millisecond)

// WaitingOf implements payout.Tx.
func (tx *Tx) WaitingOf(ctx context.Context, channel ident.Channel, till payout.Till, from time.Time) (map[string][]payout.Waiting, error) {
	type day struct {
		currency string
		number   int64
	}
	sums := map[day]payout.Waiting{}
	add := func(d day, last time.Time, amount int64) {
		w := sums[d]
		if w.Amount += amount; last.After(w.Until) {
			w.Until = last
		}
		sums[d] = w
	}
	err := tx.each(ctx, `SELECT currency, at / 86400000, MAX(at), CAST(SUM(total_minor - tax_minor - share_minor) AS BIGINT) FROM sale
		WHERE channel = $1 AND provider = $2 AND at > $3 AND NOT `+moved+` GROUP BY currency, at / 86400000`,
		[]any{channel, till.Provider, millis(from)}, func(scan func(...any) error) error {
			var d day
			var last, amount int64
			err := scan(&d.currency, &d.number, &last, &amount)
			add(d, fromMillis(last), amount)
			return err
		})
	if err != nil {
		return nil, err
	}
	back, err := tx.sales(ctx, `channel = $1 AND provider = $2 AND at > $3 AND `+moved, channel, till.Provider, millis(from))
	for _, s := range back {
		if left := creatorsLeft(s); left != 0 {
			add(day{s.Total.Currency, millis(s.At) / dayMillis}, s.At, left)
		}
	}
	out := map[string][]payout.Waiting{}
	for d, w := range sums {
		if w.Amount != 0 {
			out[d.currency] = append(out[d.currency], w)
		}
	}
	return out, err
}

// creatorsLeft is the creator's part of what stays sold and is not disputed.
func creatorsLeft(s subscription.Sale) int64 {
	t := payout.Totals{Sold: s.Total.Minor, Tax: s.Tax.Minor, Share: s.Share, Held: s.Held}
	t.Back, t.BackTax, t.BackShare = s.Back()
	return t.Earned()
}

// GoneOf implements payout.Tx.
func (tx *Tx) GoneOf(ctx context.Context, channel ident.Channel, till payout.Till) (map[string]payout.Gone, error) {
	out := map[string]payout.Gone{}
	err := tx.each(ctx, `SELECT currency, provider, test, state, CAST(SUM(amount_minor - reversed_minor) AS BIGINT) FROM payout
		WHERE channel = $1 AND state <> 'refused' GROUP BY currency, provider, test, state`, []any{channel}, func(scan func(...any) error) error {
		var currency, provider string
		var state payout.State
		var test, sum int64
		if err := scan(&currency, &provider, &test, &state, &sum); err != nil {
			return err
		}
		g := out[currency]
		switch {
		case provider != till.Provider || (test == 1) != till.Test:
			g.Others += sum
		case state == payout.Paid:
			g.Paid += sum
		default:
			g.Transit += sum
		}
		out[currency] = g
		return nil
	})
	return out, err
}
