package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

const saleColumns = `provider, charge, checkout, subscription, channel, buyer, kind, tier, period, price_minor, quantity,
	total_minor, currency, tax_minor, tax_rate, country, country_proof, fee_minor, share_minor, at, period_start,
	period_end, card_last4, refunded_minor, refunded, dispute, disputed, held_minor`

// scanSale returns where to scan the columns to, and what to do after.
func scanSale(s *subscription.Sale, more ...any) (dest []any, done func()) {
	var at, from, to, refunded, disputed int64
	dest = append([]any{
		&s.Provider, &s.Charge, &s.Checkout, &s.Subscription, &s.Channel, &s.Buyer, &s.Kind, &s.Plan.Tier, &s.Plan.Interval,
		&s.Plan.Price.Minor, &s.Quantity, &s.Total.Minor, &s.Total.Currency, &s.Tax.Minor, &s.Tax.Rate, &s.Tax.Country, &s.Tax.Proof,
		&s.Fee, &s.Share, &at, &from, &to, &s.CardLast4, &s.Refunded, &refunded, &s.Dispute, &disputed, &s.Held,
	}, more...)
	return dest, func() {
		s.Plan.Price.Currency = s.Total.Currency
		s.At, s.PeriodStart, s.PeriodEnd = fromMillis(at), fromMillis(from), fromMillis(to)
		s.RefundedAt, s.DisputedAt = fromMillis(refunded), fromMillis(disputed)
	}
}

func (tx *Tx) sales(ctx context.Context, where string, args ...any) ([]subscription.Sale, error) {
	var out []subscription.Sale
	err := tx.each(ctx, `SELECT `+saleColumns+` FROM sale WHERE `+where, args, func(scan func(...any) error) error {
		var s subscription.Sale
		dest, done := scanSale(&s)
		err := scan(dest...)
		done()
		out = append(out, s)
		return err
	})
	return out, err
}

func (tx *Tx) namedSales(ctx context.Context, where string, args ...any) ([]subscription.NamedSale, error) {
	var out []subscription.NamedSale
	// The names are asked for one by one, for other tables share names of columns.
	query := `SELECT ` + saleColumns + `, (SELECT name FROM account WHERE id = sale.buyer),
		COALESCE((SELECT name FROM tier WHERE id = sale.tier), ''), (SELECT handle FROM channel WHERE id = sale.channel) FROM sale WHERE `
	err := tx.each(ctx, query+where, args, func(scan func(...any) error) error {
		var s subscription.NamedSale
		dest, done := scanSale(&s.Sale, &s.BuyerName, &s.TierName, &s.Handle)
		err := scan(dest...)
		done()
		out = append(out, s)
		return err
	})
	return out, err
}

// SalesOfSubscription implements subscription.Tx.
func (tx *Tx) SalesOfSubscription(ctx context.Context, id ident.Subscription) ([]subscription.Sale, error) {
	return tx.sales(ctx, `subscription = $1 AND subscription <> '' ORDER BY at, charge`, id)
}

// SalesOfChannel implements subscription.Tx.
func (tx *Tx) SalesOfChannel(
	ctx context.Context, channel ident.Channel, to ident.Account, after *subscription.Sale, limit int,
) ([]subscription.NamedSale, error) {
	const of, order = `channel = $1 AND ($2 = '' OR buyer = $3)`, ` ORDER BY at DESC, provider DESC, charge DESC LIMIT `
	if after == nil {
		return tx.namedSales(ctx, of+order+`$4`, channel, to, to, limit)
	}
	return tx.namedSales(ctx, of+` AND (at, provider, charge) < ($4, $5, $6)`+order+`$7`,
		channel, to, to, millis(after.At), after.Provider, after.Charge, limit)
}

// SalesToBuyer implements subscription.Tx.
func (tx *Tx) SalesToBuyer(ctx context.Context, buyer ident.Account, after *subscription.Sale, limit int) ([]subscription.NamedSale, error) {
	const order = ` ORDER BY at DESC, provider DESC, charge DESC LIMIT `
	if after == nil {
		return tx.namedSales(ctx, `buyer = $1`+order+`$2`, buyer, limit)
	}
	return tx.namedSales(ctx, `buyer = $1 AND (at, provider, charge) < ($2, $3, $4)`+order+`$5`,
		buyer, millis(after.At), after.Provider, after.Charge, limit)
}

// SubscribersOf implements subscription.Tx.
func (tx *Tx) SubscribersOf(ctx context.Context, channel ident.Channel, now time.Time, after ident.Grant, limit int) ([]subscription.Subscriber, error) {
	var out []subscription.Subscriber
	err := tx.each(ctx, `SELECT g.id, g.account, a.name, g.source, g.tier, COALESCE(t.name, ''), g.starts, g.ends, g.paid, g.revoked, g.months,
		COALESCE(s.state, ''), COALESCE(s.cancel_at_period_end, 0), COALESCE(s.period, ''), COALESCE(s.price_minor, 0), COALESCE(s.currency, ''),
		COALESCE(w.note, '') FROM access_grant g JOIN account a ON a.id = g.account LEFT JOIN tier t ON t.id = g.tier
		LEFT JOIN subscription s ON s.access_grant = g.id LEFT JOIN award w ON w.access_grant = g.id
		WHERE g.channel = $1 AND g.starts <= $2 AND g.ends > $3 AND (g.revoked = 0 OR g.revoked > $4) AND g.id > $5 ORDER BY g.id LIMIT $6`,
		[]any{channel, millis(now), millis(now), millis(now), after, limit}, func(scan func(...any) error) error {
			var s subscription.Subscriber
			var since, ends, paid, revoked, cancelled int64
			err := scan(&s.Grant, &s.Account, &s.Name, &s.Source, &s.Tier, &s.TierName, &since, &ends, &paid, &revoked, &s.Months,
				&s.State, &cancelled, &s.Interval, &s.Price.Minor, &s.Price.Currency, &s.Note)
			s.Since, s.Ends, s.Paid, s.Revoked = fromMillis(since), fromMillis(ends), fromMillis(paid), fromMillis(revoked)
			s.CancelAtPeriodEnd = cancelled == 1
			out = append(out, s)
			return err
		})
	return out, err
}

// SalesOf implements subscription.Tx.
func (tx *Tx) SalesOf(ctx context.Context, provider string, charges []string) (map[string]subscription.Sale, error) {
	condition, args := among(tx, 2, charges)
	found, err := tx.sales(ctx, `provider = $1 AND charge `+condition, append([]any{provider}, args...)...)
	out := make(map[string]subscription.Sale, len(found))
	for _, s := range found {
		out[s.Charge] = s
	}
	return out, err
}

// SaleByCharge implements subscription.Tx.
func (tx *Tx) SaleByCharge(ctx context.Context, provider, charge string) (subscription.Sale, bool, error) {
	return first(tx.sales(ctx, `provider = $1 AND charge = $2`, provider, charge))
}

// PutSale implements subscription.Tx. What was sold does not change afterwards.
func (tx *Tx) PutSale(ctx context.Context, s subscription.Sale) error {
	_, err := tx.exec(ctx, `INSERT INTO sale (`+saleColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28)
		ON CONFLICT (provider, charge) DO UPDATE SET fee_minor = excluded.fee_minor, refunded_minor = excluded.refunded_minor,
		refunded = excluded.refunded, dispute = excluded.dispute, disputed = excluded.disputed, held_minor = excluded.held_minor`,
		s.Provider, s.Charge, s.Checkout, s.Subscription, s.Channel, s.Buyer, s.Kind, s.Plan.Tier, s.Plan.Interval,
		s.Plan.Price.Minor, s.Quantity, s.Total.Minor, s.Total.Currency, s.Tax.Minor, s.Tax.Rate, s.Tax.Country, s.Tax.Proof,
		s.Fee, s.Share, millis(s.At), millis(s.PeriodStart), millis(s.PeriodEnd), s.CardLast4,
		s.Refunded, millis(s.RefundedAt), s.Dispute, millis(s.DisputedAt), s.Held)
	return err
}
