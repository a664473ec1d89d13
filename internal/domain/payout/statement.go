package payout

import (
	"context"
	"fmt"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/invoice"
)

// The lines of a statement. All but the last add up to it.
const (
	LineBefore      = "before"       // what the statement before left unpaid
	LineReversed    = "reversed"     // what was paid before and taken back since
	LineSales       = "sales"        // gross
	LineTax         = "tax"          // contained in the sales
	LineShare       = "share"        // the operator's, of the sales without their tax
	LineRefunds     = "refunds"      // gross, with lost disputes
	LineRefundTax   = "refund_tax"   // contained in the refunds
	LineRefundShare = "refund_share" // what the operator gives back of theirs
	LineDisputed    = "disputed"     // what disputes hold, or gave back
	LineLeft        = "left"         // what stays unpaid, for the next one
	LinePaid        = "paid"
)

// statement is what came between the payout before and this one.
func (s *Service) statement(ctx context.Context, tx Tx, p Payout) (invoice.Statement, error) {
	payee, found, err := tx.PayeeOf(ctx, p.Channel)
	if err != nil || !found {
		return invoice.Statement{}, orElse(err, fmt.Errorf("channel %s has no payee", p.Channel))
	}
	was, _, err := tx.PaidBefore(ctx, p)
	if err != nil {
		return invoice.Statement{}, err
	}
	return invoice.Statement{
		Key: p.key(), Channel: p.Channel, Issued: p.Settled, From: was.Decided, To: p.Decided, Currency: p.Amount.Currency,
		Seller: invoice.Party{Code: payee.Code, Name: payee.Name, Address: payee.Address, TaxID: payee.TaxID},
		Buyer:  s.Operator, Lines: lines(was, p), Sandbox: p.Till.Test,
	}, nil
}

// lines leaves out what is nothing.
func lines(was, p Payout) (out []invoice.Line) {
	t, o := p.Totals, was.Totals
	before := o.Earned() - was.Before - was.Amount.Minor
	left := t.Earned() - p.Before - p.Amount.Minor
	for _, l := range []invoice.Line{
		{What: LineBefore, Minor: before},
		{What: LineReversed, Minor: was.Before + was.Amount.Minor - p.Before}, // p knows of it as not gone
		{What: LineSales, Minor: t.Sold - o.Sold},
		{What: LineTax, Minor: o.Tax - t.Tax},
		{What: LineShare, Minor: o.Share - t.Share},
		{What: LineRefunds, Minor: o.Back - t.Back},
		{What: LineRefundTax, Minor: t.BackTax - o.BackTax},
		{What: LineRefundShare, Minor: t.BackShare - o.BackShare},
		{What: LineDisputed, Minor: o.Held - t.Held},
		{What: LineLeft, Minor: -left},
		{What: LinePaid, Minor: p.Amount.Minor},
	} {
		if l.Minor != 0 {
			out = append(out, l)
		}
	}
	return out
}

// Statement returns the statement of a payout of the channel. Only the owner may
// ask. Refusals: statement_missing.
func (s *Service) Statement(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Payout) (out invoice.Statement, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		if err := s.allowed(ctx, tx, by, channel); err != nil {
			return err
		}
		found := false
		out, found, err = tx.Statement(ctx, Payout{ID: id}.key())
		if err != nil || !found || out.Channel != channel {
			return orElse(err, fault.New(fault.Missing, "statement_missing", "There is no statement of such a payout."))
		}
		return nil
	})
	return out, err
}
