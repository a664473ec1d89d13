// Package invoice issues the papers of sales: invoices and credit notes, and the
// statements of what creators are paid.
//
// Owns: their numbers and what stands on them. Promises: numbers of one seller
// and year have no gap and no number twice, because a number is taken in the
// transaction that issues its paper; a paper never changes, what is wrong with
// it is corrected by another one; issuing the same paper again changes nothing.
// Does not do: deciding what is sold or paid back, layout (the page prints it).
package invoice

import (
	"context"
	"fmt"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
)

// Kind is what a paper is for.
type Kind string

// The kinds. A credit note takes back a part of the invoice that it names, or
// all of it; its amounts are positive.
const (
	Invoice    Kind = "invoice"
	CreditNote Kind = "credit_note"
)

// Paper is an invoice or a credit note as it was issued.
type Paper struct {
	// Key is what it is for, such as the provider's name of a charge: one paper
	// for each.
	Key    string
	Kind   Kind
	Number string // FR-2026-000017; given by Issue
	// Corrects is the number of the invoice that a credit note takes back from.
	Corrects string

	Seller    Party
	Buyer     ident.Account
	BuyerName string
	Channel   ident.Channel
	Issued    time.Time

	Line      string // what was sold, in words that do not change
	From, To  time.Time
	Gross     money.Amount
	Tax       int64 // contained in the gross, in its minor unit
	Rate      int64 // of the tax, in basis points
	Country   string
	Proof     string // a second sign of the country; may be empty
	Sandbox   bool   // no money moved: not a real paper
	CardLast4 string
}

// Net is the gross without its tax.
func (p Paper) Net() money.Amount {
	return money.Amount{Minor: p.Gross.Minor - p.Tax, Currency: p.Gross.Currency}
}

// Party is who sells, as it has to stand on the paper.
type Party struct {
	// Code begins the numbers and never changes: each seller counts for itself.
	Code    string
	Name    string
	Address string
	TaxID   string
}

// Tx is what issuing needs inside one transaction.
type Tx interface {
	numberTx
	PaperByKey(ctx context.Context, key string) (Paper, bool, error)
	InsertPaper(ctx context.Context, p Paper) error
}

type numberTx interface {
	// NextNumber counts the papers of a seller and year from 1, and makes others
	// who count the same wait until this transaction ends.
	NextNumber(ctx context.Context, seller string, year int) (int64, error)
}

// Issue gives a paper its number and keeps it, or returns the one of its key
// that was issued before. Call it in the transaction that moves the money.
func Issue(ctx context.Context, tx Tx, p Paper) (Paper, error) {
	if was, found, err := tx.PaperByKey(ctx, p.Key); err != nil || found {
		return was, err
	}
	var err error
	if p.Number, err = number(ctx, tx, p.Seller.Code, p.Issued); err != nil {
		return p, err
	}
	return p, tx.InsertPaper(ctx, p)
}

// number takes the next one of a seller and year.
func number(ctx context.Context, tx numberTx, seller string, issued time.Time) (string, error) {
	year := issued.UTC().Year()
	n, err := tx.NextNumber(ctx, seller, year)
	return fmt.Sprintf("%s-%d-%06d", seller, year, n), err
}
