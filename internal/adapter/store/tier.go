package store

import (
	"context"
	"strings"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// TiersOf implements subscription.Tx.
func (tx *Tx) TiersOf(ctx context.Context, channel ident.Channel) ([]subscription.Tier, error) {
	var out []subscription.Tier
	err := tx.each(ctx, `SELECT t.id, t.name, t.level, t.perks, t.trial, t.on_sale, t.created, p.period, p.price_minor, p.currency
		FROM tier t JOIN tier_price p ON p.tier = t.id WHERE t.channel = $1 ORDER BY t.level, t.created, t.id, p.period`, []any{channel},
		func(scan func(...any) error) error {
			t := subscription.Tier{Channel: channel, Perks: []string{}}
			var p subscription.Price
			var perks string
			var onSale, created int64
			if err := scan(&t.ID, &t.Name, &t.Level, &perks, &t.Trial, &onSale, &created, &p.Interval, &p.Amount.Minor, &p.Amount.Currency); err != nil {
				return err
			}
			if n := len(out); n > 0 && out[n-1].ID == t.ID {
				out[n-1].Prices = append(out[n-1].Prices, p)
				return nil
			}
			if perks != "" {
				t.Perks = strings.Split(perks, "\n")
			}
			t.OnSale, t.Created, t.Prices = onSale == 1, fromMillis(created), []subscription.Price{p}
			out = append(out, t)
			return nil
		})
	return out, err
}

// PutTier implements subscription.Tx.
func (tx *Tx) PutTier(ctx context.Context, t subscription.Tier) error {
	_, err := tx.exec(ctx, `INSERT INTO tier (id, channel, name, level, perks, trial, on_sale, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, level = excluded.level, perks = excluded.perks, trial = excluded.trial,
		on_sale = excluded.on_sale`,
		t.ID, t.Channel, t.Name, t.Level, strings.Join(t.Perks, "\n"), t.Trial, flag(t.OnSale), millis(t.Created))
	if err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `DELETE FROM tier_price WHERE tier = $1`, t.ID); err != nil {
		return err
	}
	for _, p := range t.Prices {
		if _, err := tx.exec(ctx, `INSERT INTO tier_price (tier, period, price_minor, currency) VALUES ($1, $2, $3, $4)`,
			t.ID, p.Interval, p.Amount.Minor, p.Amount.Currency); err != nil {
			return err
		}
	}
	return nil
}

// PlanTitle implements subscription.Tx.
func (tx *Tx) PlanTitle(ctx context.Context, tier ident.Tier) (string, error) {
	var channel, name string
	_, err := tx.one(ctx, `SELECT c.title, t.name FROM tier t JOIN channel c ON c.id = t.channel WHERE t.id = $1`, []any{tier}, &channel, &name)
	if name != "" {
		channel += " · " + name
	}
	return channel, err
}
