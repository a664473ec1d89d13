package store

import (
	"context"
	"strings"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/payout"
)

const payoutColumns = `id, channel, provider, test, account, amount_minor, currency, state, reason, detail, ref, decided, settled,
	sold_minor, tax_minor, share_minor, back_minor, back_tax_minor, back_share_minor, held_minor, before_minor, attempts, due, reversed_minor`

// scanPayout returns where to scan the columns to, and what to do after.
func scanPayout(p *payout.Payout, more ...any) (dest []any, done func()) {
	var test, decided, settled, due int64
	t := &p.Totals
	dest = append([]any{
		&p.ID, &p.Channel, &p.Till.Provider, &test, &p.Account, &p.Amount.Minor, &p.Amount.Currency, &p.State, &p.Reason, &p.Detail, &p.Ref,
		&decided, &settled, &t.Sold, &t.Tax, &t.Share, &t.Back, &t.BackTax, &t.BackShare, &t.Held, &p.Before, &p.Attempts, &due,
		&p.Reversed,
	}, more...)
	return dest, func() {
		p.Till.Test = test == 1
		p.Decided, p.Settled, p.Due = fromMillis(decided), fromMillis(settled), fromMillis(due)
	}
}

func (tx *Tx) payouts(ctx context.Context, where string, args ...any) ([]payout.Payout, error) {
	var out []payout.Payout
	err := tx.each(ctx, `SELECT `+payoutColumns+` FROM payout WHERE `+where, args, func(scan func(...any) error) error {
		var p payout.Payout
		dest, done := scanPayout(&p)
		err := scan(dest...)
		done()
		out = append(out, p)
		return err
	})
	return out, err
}

// PayoutOf implements payout.Tx.
func (tx *Tx) PayoutOf(ctx context.Context, id ident.Payout) (payout.Payout, bool, error) {
	return first(tx.payouts(ctx, `id = $1`+tx.forUpdate(), id))
}

// InsertPayout implements payout.Tx.
func (tx *Tx) InsertPayout(ctx context.Context, p payout.Payout) error {
	t := p.Totals
	_, err := tx.exec(ctx, `INSERT INTO payout (`+payoutColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)`,
		p.ID, p.Channel, p.Till.Provider, flag(p.Till.Test), p.Account, p.Amount.Minor, p.Amount.Currency, p.State, p.Reason, p.Detail, p.Ref,
		millis(p.Decided), millis(p.Settled), t.Sold, t.Tax, t.Share, t.Back, t.BackTax, t.BackShare, t.Held, p.Before, p.Attempts, millis(p.Due), p.Reversed)
	return err
}

// SetPayout implements payout.Tx. What was decided does not change afterwards.
func (tx *Tx) SetPayout(ctx context.Context, p payout.Payout) error {
	_, err := tx.exec(ctx, `UPDATE payout SET state = $1, reason = $2, detail = $3, ref = $4, settled = $5, attempts = $6, due = $7,
		reversed_minor = $8 WHERE id = $9`,
		p.State, p.Reason, p.Detail, p.Ref, millis(p.Settled), p.Attempts, millis(p.Due), p.Reversed, p.ID)
	return err
}

// LastPayouts implements payout.Tx.
func (tx *Tx) LastPayouts(ctx context.Context, channel ident.Channel, till payout.Till) (map[string]payout.Payout, error) {
	out := map[string]payout.Payout{}
	found, err := tx.payouts(ctx, `channel = $1 AND provider = $2 AND test = $3
		AND NOT EXISTS (SELECT 1 FROM payout o WHERE o.channel = payout.channel AND o.provider = payout.provider AND o.test = payout.test
			AND o.currency = payout.currency AND o.id > payout.id)`, channel, till.Provider, flag(till.Test))
	for _, p := range found {
		out[p.Amount.Currency] = p
	}
	return out, err
}

// PaidBefore implements payout.Tx.
func (tx *Tx) PaidBefore(ctx context.Context, p payout.Payout) (payout.Payout, bool, error) {
	return first(tx.payouts(ctx, `channel = $1 AND provider = $2 AND test = $3 AND currency = $4 AND state = 'paid' AND id < $5
		ORDER BY id DESC LIMIT 1`, p.Channel, p.Till.Provider, flag(p.Till.Test), p.Amount.Currency, p.ID))
}

// DuePayouts implements payout.Tx.
func (tx *Tx) DuePayouts(ctx context.Context, till payout.Till, now time.Time, limit int) ([]ident.Payout, error) {
	found, err := tx.payouts(ctx, `state = 'decided' AND due <= $1 AND provider = $2 AND test = $3 ORDER BY due, id LIMIT $4`,
		millis(now), till.Provider, flag(till.Test), limit)
	var out []ident.Payout
	for _, p := range found {
		out = append(out, p.ID)
	}
	return out, err
}

// PayoutsAfter implements payout.Tx.
func (tx *Tx) PayoutsAfter(ctx context.Context, after ident.Payout, limit int) ([]payout.Payout, error) {
	return tx.payouts(ctx, `id > $1 ORDER BY id LIMIT $2`, after, limit)
}

// PayoutsOf implements payout.Tx.
func (tx *Tx) PayoutsOf(ctx context.Context, channel ident.Channel, after ident.Payout, limit int) ([]payout.Listed, error) {
	var out []payout.Listed
	query := `SELECT ` + payoutColumns + `, COALESCE((SELECT number FROM statement WHERE key = 'payout:' || payout.id), '') FROM payout
		WHERE channel = $1 AND ($2 = '' OR id < $3) ORDER BY id DESC LIMIT $4`
	err := tx.each(ctx, query, []any{channel, after, after, limit}, func(scan func(...any) error) error {
		var p payout.Listed
		dest, done := scanPayout(&p.Payout, &p.Number)
		err := scan(dest...)
		done()
		out = append(out, p)
		return err
	})
	return out, err
}

// PayeeOf implements payout.Tx.
func (tx *Tx) PayeeOf(ctx context.Context, channel ident.Channel) (payout.Payee, bool, error) {
	p := payout.Payee{Channel: channel}
	var changed int64
	found, err := tx.one(ctx, `SELECT code, name, address, tax_id, changed FROM payee WHERE channel = $1`, []any{channel},
		&p.Code, &p.Name, &p.Address, &p.TaxID, &changed)
	p.Changed = fromMillis(changed)
	return p, found, err
}

// PutPayee implements payout.Tx.
func (tx *Tx) PutPayee(ctx context.Context, p payout.Payee) (bool, error) {
	known, err := tx.changed(ctx, `UPDATE payee SET name = $1, address = $2, tax_id = $3, changed = $4 WHERE channel = $5`,
		p.Name, p.Address, p.TaxID, millis(p.Changed), p.Channel)
	if err != nil || known {
		return known, err
	}
	return tx.changed(ctx, `INSERT INTO payee (channel, code, name, address, tax_id, changed) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
		p.Channel, p.Code, p.Name, p.Address, p.TaxID, millis(p.Changed))
}

// HandleOf implements payout.Tx.
func (tx *Tx) HandleOf(ctx context.Context, channel ident.Channel) (handle string, err error) {
	_, err = tx.one(ctx, `SELECT handle FROM channel WHERE id = $1`, []any{channel}, &handle)
	return handle, err
}

// CreatorOf implements payout.Tx.
func (tx *Tx) CreatorOf(ctx context.Context, channel ident.Channel) (owner ident.Account, title string, err error) {
	_, err = tx.one(ctx, `SELECT owner, title FROM channel WHERE id = $1`, []any{channel}, &owner, &title)
	return owner, title, err
}

func (tx *Tx) payoutAccounts(ctx context.Context, where string, args ...any) ([]payout.Account, error) {
	var out []payout.Account
	err := tx.each(ctx, `SELECT channel, provider, test, ref, payable, missing, looked, due FROM payout_account WHERE `+where, args, func(scan func(...any) error) error {
		var a payout.Account
		var test, payable, looked, due int64
		var missing string
		err := scan(&a.Channel, &a.Till.Provider, &test, &a.Ref, &payable, &missing, &looked, &due)
		a.Till.Test, a.Payable, a.Missing = test == 1, payable == 1, strings.Fields(missing)
		a.Looked, a.Due = fromMillis(looked), fromMillis(due)
		out = append(out, a)
		return err
	})
	return out, err
}

// AccountAt implements payout.Tx.
func (tx *Tx) AccountAt(ctx context.Context, channel ident.Channel, till payout.Till) (payout.Account, bool, error) {
	a, found, err := first(tx.payoutAccounts(ctx, `channel = $1 AND provider = $2 AND test = $3`+tx.forUpdate(), channel, till.Provider, flag(till.Test)))
	if !found {
		a.Channel, a.Till = channel, till
	}
	return a, found, err
}

// PutAccount implements payout.Tx.
func (tx *Tx) PutAccount(ctx context.Context, a payout.Account) error {
	_, err := tx.exec(ctx, `INSERT INTO payout_account (channel, provider, test, ref, payable, missing, looked, due) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (channel, provider, test) DO UPDATE SET ref = excluded.ref, payable = excluded.payable, missing = excluded.missing,
		looked = excluded.looked, due = excluded.due`,
		a.Channel, a.Till.Provider, flag(a.Till.Test), a.Ref, flag(a.Payable), strings.Join(a.Missing, " "), millis(a.Looked), millis(a.Due))
	return err
}

// DueAccounts implements payout.Tx.
func (tx *Tx) DueAccounts(ctx context.Context, till payout.Till, now time.Time, limit int) ([]payout.Account, error) {
	return tx.payoutAccounts(ctx, `provider = $1 AND test = $2 AND due <= $3 AND EXISTS (SELECT 1 FROM payee WHERE payee.channel = payout_account.channel)
		ORDER BY due, channel LIMIT $4`, till.Provider, flag(till.Test), millis(now), limit)
}
