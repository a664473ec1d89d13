package invoice

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Statement is what a buyer issues in the name of a seller about what they pay
// them (self-billing): here the operator about the payout of a creator. It never
// changes.
type Statement struct {
	// Key is what it is for: one statement for each.
	Key    string
	Number string // SB-KILN-2026-000001; given by IssueStatement

	Seller   Party // the creator, who counts for themselves
	Buyer    Party // the operator
	Channel  ident.Channel
	Issued   time.Time
	From, To time.Time // what it adds up; From is zero on the first one
	Currency string
	Lines    []Line
	Sandbox  bool // no money moved: not a real paper
}

// Line is an amount of a statement in minor units: below zero for what is taken
// off. What names it in a word that does not change; the page says it.
type Line struct {
	What  string
	Minor int64
}

// StatementTx is what issuing statements needs inside one transaction.
type StatementTx interface {
	numberTx
	// Statement returns the one of a key.
	Statement(ctx context.Context, key string) (Statement, bool, error)
	InsertStatement(ctx context.Context, s Statement) error
}

// IssueStatement gives a statement its number and keeps it, or returns the one of
// its key that was issued before. Call it in the transaction that moves the money.
func IssueStatement(ctx context.Context, tx StatementTx, s Statement) (Statement, error) {
	was, found, err := tx.Statement(ctx, s.Key)
	if err != nil || found {
		return was, err
	}
	if s.Number, err = number(ctx, tx, s.Seller.Code, s.Issued); err != nil {
		return s, err
	}
	return s, tx.InsertStatement(ctx, s)
}
