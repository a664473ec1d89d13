package store

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/invoice"
)

// Statement implements invoice.StatementTx.
func (tx *Tx) Statement(ctx context.Context, key string) (invoice.Statement, bool, error) {
	found, err := tx.Statements(ctx, []string{key})
	s, ok := found[key]
	return s, ok, err
}

// Statements implements payout.Tx.
func (tx *Tx) Statements(ctx context.Context, keys []string) (map[string]invoice.Statement, error) {
	out := map[string]invoice.Statement{}
	condition, args := among(tx, 1, keys)
	err := tx.each(ctx, `SELECT key, number, seller, seller_name, seller_address, seller_tax_id, buyer_name, buyer_address, buyer_tax_id,
		channel, issued, from_at, to_at, currency, sandbox FROM statement WHERE key `+condition, args, func(scan func(...any) error) error {
		var s invoice.Statement
		var issued, from, to, sandbox int64
		err := scan(&s.Key, &s.Number, &s.Seller.Code, &s.Seller.Name, &s.Seller.Address, &s.Seller.TaxID, &s.Buyer.Name, &s.Buyer.Address, &s.Buyer.TaxID,
			&s.Channel, &issued, &from, &to, &s.Currency, &sandbox)
		s.Issued, s.From, s.To, s.Sandbox = fromMillis(issued), fromMillis(from), fromMillis(to), sandbox == 1
		out[s.Key] = s
		return err
	})
	if err != nil {
		return nil, err
	}
	err = tx.each(ctx, `SELECT statement, what, minor FROM statement_line WHERE statement `+condition+` ORDER BY statement, line`, args,
		func(scan func(...any) error) error {
			var key string
			var l invoice.Line
			err := scan(&key, &l.What, &l.Minor)
			s := out[key]
			s.Lines = append(s.Lines, l)
			out[key] = s
			return err
		})
	return out, err
}

// InsertStatement implements invoice.StatementTx.
func (tx *Tx) InsertStatement(ctx context.Context, s invoice.Statement) error {
	if _, err := tx.exec(ctx, `INSERT INTO statement (key, number, seller, year, seller_name, seller_address, seller_tax_id,
		buyer_name, buyer_address, buyer_tax_id, channel, issued, from_at, to_at, currency, sandbox)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		s.Key, s.Number, s.Seller.Code, s.Issued.UTC().Year(), s.Seller.Name, s.Seller.Address, s.Seller.TaxID, s.Buyer.Name, s.Buyer.Address, s.Buyer.TaxID,
		s.Channel, millis(s.Issued), millis(s.From), millis(s.To), s.Currency, flag(s.Sandbox)); err != nil {
		return err
	}
	for i, l := range s.Lines {
		if _, err := tx.exec(ctx, `INSERT INTO statement_line (statement, line, what, minor) VALUES ($1, $2, $3, $4)`, s.Key, i+1, l.What, l.Minor); err != nil {
			return err
		}
	}
	return nil
}
