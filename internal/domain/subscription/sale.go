package subscription

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/buyer"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/invoice"
	"github.com/subspace-live/subspace/internal/domain/ledger"
	"github.com/subspace-live/subspace/internal/domain/mail"
	"github.com/subspace-live/subspace/internal/domain/money"
)

// Sale is a charge as we keep it: who was sold what, how the money is shared,
// and what came of it. It is written when the charge is first seen and changes
// only in what was paid back or disputed.
type Sale struct {
	Provider     string
	Charge       string // the provider's name for it
	Checkout     ident.Checkout
	Subscription ident.Subscription // empty for gifts
	Channel      ident.Channel
	Buyer        ident.Account
	Kind         ChargeKind
	Plan         Plan
	Quantity     int
	Total        money.Amount
	Tax          Tax
	Fee          int64 // the provider's
	Share        int64 // the operator's, in minor units; the creator has what is left of total and tax
	At           time.Time
	PeriodStart  time.Time
	PeriodEnd    time.Time
	CardLast4    string
	Refunded     int64
	RefundedAt   time.Time // the last one; zero for none
	Dispute      DisputeState
	DisputedAt   time.Time
	// Held is what of the creator's part waits for the dispute's end.
	Held int64
}

// Creator is the part of the total that belongs to the channel's owner.
func (s Sale) Creator() int64 { return s.Total.Minor - s.Tax.Minor - s.Share }

// Back is what of the sale went back to the buyer, or to their bank by a dispute
// that was lost: all of it, the tax in it, and the operator's share in it.
func (s Sale) Back() (total, tax, share int64) {
	if s.Dispute == DisputeLost {
		return s.Total.Minor, s.Tax.Minor, s.Share
	}
	tax, _, share = s.parts(s.Refunded)
	return s.Refunded, tax, share
}

// Refundable is what can still be paid back.
func (s Sale) Refundable() int64 {
	if s.Dispute == DisputeOpen || s.Dispute == DisputeLost {
		return 0
	}
	return s.Total.Minor - s.Refunded
}

// takenBack is Charge.TakenBack as it was when the charge was last heard of.
func (s Sale) takenBack() time.Time {
	return takenBack(Dispute{State: s.Dispute, At: s.DisputedAt}, s.Total.Minor-s.Refunded, s.RefundedAt)
}

// chargeTx is what keeping sales needs inside one transaction.
type chargeTx interface {
	ledger.Tx
	invoice.Tx
	buyer.Tx
	mail.Tx
	Names(ctx context.Context, accounts []ident.Account) (map[ident.Account]string, error)

	// SalesOf returns the sales whose charges are named, by charge.
	SalesOf(ctx context.Context, provider string, charges []string) (map[string]Sale, error)
	SaleByCharge(ctx context.Context, provider, charge string) (Sale, bool, error)
	PutSale(ctx context.Context, s Sale) error
	SalesOfSubscription(ctx context.Context, id ident.Subscription) ([]Sale, error)
	// SalesOfChannel returns them newest first, those after the given one in that
	// order; nil: from the newest. With a buyer only theirs.
	SalesOfChannel(ctx context.Context, channel ident.Channel, to ident.Account, after *Sale, limit int) ([]NamedSale, error)
	// SalesToBuyer returns them in the same order.
	SalesToBuyer(ctx context.Context, buyer ident.Account, after *Sale, limit int) ([]NamedSale, error)
	// PapersTo returns them newest first, those after the given one in that order;
	// nil: from the newest.
	PapersTo(ctx context.Context, buyer ident.Account, after *invoice.Paper, limit int) ([]invoice.Paper, error)
	PaperByNumber(ctx context.Context, number string) (invoice.Paper, bool, error)
	// Corrections returns the numbers of the buyer's credit notes that take back
	// from an invoice, the oldest first.
	Corrections(ctx context.Context, buyer ident.Account, number string) ([]string, error)
	// SubscribersOf returns those whose right holds at now, by grant, after one.
	SubscribersOf(ctx context.Context, channel ident.Channel, now time.Time, after ident.Grant, limit int) ([]Subscriber, error)
}

// saleOf returns the channel's sale of the provider's charge, or refuses with
// sale_missing.
func saleOf(ctx context.Context, tx Tx, channel ident.Channel, provider, charge string) (Sale, error) {
	sale, found, err := tx.SaleByCharge(ctx, provider, charge)
	if err != nil || !found || sale.Channel != channel {
		return sale, orElse(err, fault.New(fault.Missing, "sale_missing", "The channel has no such sale."))
	}
	return sale, nil
}

// record keeps the charges of one checkout's object and posts what moved since
// they were last seen. The same charges again move nothing.
func (s *Service) record(ctx context.Context, tx Tx, c Checkout, sub ident.Subscription, charges []Charge) error {
	if len(charges) == 0 {
		return nil
	}
	refs := make([]string, len(charges))
	for i, ch := range charges {
		refs[i] = ch.Ref
	}
	known, err := tx.SalesOf(ctx, c.Provider, refs)
	if err != nil {
		return err
	}
	b := books{at: s.Now()}
	for _, ch := range charges {
		was, seen := known[ch.Ref]
		is := was
		if !seen {
			if is, err = s.sale(c, sub, ch); err != nil {
				return err
			}
		}
		if is, err = b.follow(is, ch, seen); err != nil {
			return err
		}
		if seen && is == was {
			continue
		}
		if err := tx.PutSale(ctx, is); err != nil {
			return err
		}
		if seen || sub == "" {
			continue
		}
		if err := buyer.Kept(ctx, tx, sub, is.At); err != nil {
			return err
		}
	}
	if err := s.issue(ctx, tx, b.papers); err != nil {
		return err
	}
	return post(ctx, tx, b.txns)
}

// sale is a charge that was never seen before. The operator's share is of the
// sum without tax, rounded down to the creator's favour.
func (s *Service) sale(c Checkout, sub ident.Subscription, ch Charge) (Sale, error) {
	sale := Sale{
		Provider: c.Provider, Charge: ch.Ref, Checkout: c.ID, Subscription: sub, Channel: c.Channel, Buyer: c.Account,
		Kind: ch.Kind, Plan: ch.Plan, Quantity: c.Quantity, Total: ch.Total, Tax: ch.Tax, Fee: ch.Fee, At: ch.At,
		PeriodStart: ch.PeriodStart, PeriodEnd: ch.PeriodEnd, CardLast4: ch.Card.Last4,
	}
	if ch.Total.Minor <= 0 || ch.Tax.Minor < 0 || ch.Tax.Minor > ch.Total.Minor || ch.Fee < 0 {
		return sale, errCharge(ch)
	}
	share, err := money.Amount{Minor: ch.Total.Minor - ch.Tax.Minor, Currency: ch.Total.Currency}.Mul(s.Share)
	sale.Share = share.Minor / 10_000
	return sale, err
}
