package store

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/invoice"
)

const paperColumns = `key, kind, seller, number, corrects, seller_name, seller_address, seller_tax_id, buyer, buyer_name, channel, issued,
	line, from_at, to_at, gross_minor, currency, tax_minor, tax_rate, country, country_proof, sandbox, card_last4`

func (tx *Tx) papers(ctx context.Context, where string, args ...any) ([]invoice.Paper, error) {
	var out []invoice.Paper
	err := tx.each(ctx, `SELECT `+paperColumns+` FROM paper WHERE `+where, args, func(scan func(...any) error) error {
		var p invoice.Paper
		var issued, from, to, sandbox int64
		err := scan(&p.Key, &p.Kind, &p.Seller.Code, &p.Number, &p.Corrects, &p.Seller.Name, &p.Seller.Address, &p.Seller.TaxID,
			&p.Buyer, &p.BuyerName, &p.Channel, &issued, &p.Line, &from, &to, &p.Gross.Minor, &p.Gross.Currency, &p.Tax, &p.Rate,
			&p.Country, &p.Proof, &sandbox, &p.CardLast4)
		p.Issued, p.From, p.To, p.Sandbox = fromMillis(issued), fromMillis(from), fromMillis(to), sandbox == 1
		out = append(out, p)
		return err
	})
	return out, err
}

// PaperByKey implements invoice.Tx.
func (tx *Tx) PaperByKey(ctx context.Context, key string) (invoice.Paper, bool, error) {
	return first(tx.papers(ctx, `key = $1`, key))
}

// PaperByNumber implements subscription.Tx.
func (tx *Tx) PaperByNumber(ctx context.Context, number string) (invoice.Paper, bool, error) {
	return first(tx.papers(ctx, `number = $1`, number))
}

// PapersTo implements subscription.Tx.
func (tx *Tx) PapersTo(ctx context.Context, buyer ident.Account, after *invoice.Paper, limit int) ([]invoice.Paper, error) {
	const order = ` ORDER BY issued DESC, number DESC LIMIT `
	if after == nil {
		return tx.papers(ctx, `buyer = $1`+order+`$2`, buyer, limit)
	}
	return tx.papers(ctx, `buyer = $1 AND (issued, number) < ($2, $3)`+order+`$4`, buyer, millis(after.Issued), after.Number, limit)
}

// Corrections implements subscription.Tx.
func (tx *Tx) Corrections(ctx context.Context, buyer ident.Account, number string) ([]string, error) {
	var out []string
	err := tx.each(ctx, `SELECT number FROM paper WHERE buyer = $1 AND corrects = $2 ORDER BY issued, number`,
		[]any{buyer, number}, func(scan func(...any) error) error {
			out = append(out, "")
			return scan(&out[len(out)-1])
		})
	return out, err
}

// NextNumber implements invoice.Tx.
func (tx *Tx) NextNumber(ctx context.Context, seller string, year int) (n int64, err error) {
	_, err = tx.one(ctx, `INSERT INTO paper_count (seller, year, last) VALUES ($1, $2, 1)
		ON CONFLICT (seller, year) DO UPDATE SET last = paper_count.last + 1 RETURNING last`, []any{seller, year}, &n)
	return n, err
}

// InsertPaper implements invoice.Tx.
func (tx *Tx) InsertPaper(ctx context.Context, p invoice.Paper) error {
	_, err := tx.exec(ctx, `INSERT INTO paper (`+paperColumns+`, year)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)`,
		p.Key, p.Kind, p.Seller.Code, p.Number, p.Corrects, p.Seller.Name, p.Seller.Address, p.Seller.TaxID, p.Buyer, p.BuyerName, p.Channel,
		millis(p.Issued), p.Line, millis(p.From), millis(p.To), p.Gross.Minor, p.Gross.Currency, p.Tax, p.Rate, p.Country, p.Proof,
		flag(p.Sandbox), p.CardLast4, p.Issued.UTC().Year())
	return err
}
