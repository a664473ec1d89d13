package subscription

import (
	"context"
	"fmt"
	"math/bits"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/invoice"
	"github.com/subspace-live/subspace/internal/domain/ledger"
)

// books is what moved sales leave behind: postings and papers.
type books struct {
	at     time.Time
	txns   []ledger.Transaction
	papers []paper
}

// paper is an invoice or a credit note about a sale that is to be issued.
type paper struct {
	sale       Sale
	kind       invoice.Kind
	key        string // of a credit note; the invoice has the sale's
	gross, tax int64
}

// follow is the sale as its provider tells of the charge now, with what is new
// about it in the books. Seen says that the payment itself was posted before.
// Every posting has a key made of the provider's names, so that it counts once
// whoever comes to it.
func (b *books) follow(s Sale, ch Charge, seen bool) (Sale, error) {
	if s.Total != ch.Total {
		return s, errCharge(ch)
	}
	k := booking{sale: s, books: b}
	if !seen {
		k.paid()
	}
	if ch.Fee > 0 && (!seen || s.Fee == 0) {
		k.sale.Fee = ch.Fee
		k.fee()
	}
	for _, r := range ch.Refunds {
		if r.Amount <= 0 {
			return s, errCharge(ch)
		}
		k.refunded(r)
	}
	if k.sale.Refunded > s.Total.Minor {
		return s, errCharge(ch)
	}
	k.disputed(ch.Dispute)
	return k.sale, nil
}

// booking turns what happened to a sale into postings, one after the other.
//
// Flows (debit to credit), with c for the provider's clearing account:
//
//	paid       c → vat, c → creator_payable, c → revenue
//	fee        fee_expense → c
//	refund     the mirror of paid, in parts that add up to it
//	disputed   creator_payable → creator_held; won: back
//	lost       vat → c, creator_held → c, revenue → c
type booking struct {
	*books
	sale Sale
	seen int64 // refunded as the provider lists it, while the list is walked
}

func (b *booking) account(owner string, kind ledger.Kind) ledger.Account {
	return ledger.Of(owner, kind, b.sale.Total.Currency)
}

func (b *booking) clearing() ledger.Account {
	return b.account("provider:"+b.sale.Provider, ledger.Clearing)
}

func (b *booking) vat() ledger.Account     { return b.account(ledger.Operator, ledger.VAT) }
func (b *booking) revenue() ledger.Account { return b.account(ledger.Operator, ledger.Revenue) }
func (b *booking) payable() ledger.Account {
	return b.account(string(b.sale.Channel), ledger.CreatorPayable)
}

func (b *booking) held() ledger.Account {
	return b.account(string(b.sale.Channel), ledger.CreatorHeld)
}

// post adds a transaction of the legs that move anything.
func (b *booking) post(key, kind string, legs ...ledger.Transfer) {
	t := ledger.Transaction{Key: b.sale.Provider + ":" + key, Kind: kind, At: b.at}
	for _, l := range legs {
		if l.Amount > 0 {
			t.Legs = append(t.Legs, l)
		}
	}
	if len(t.Legs) > 0 {
		b.txns = append(b.txns, t)
	}
}

func (b *booking) paid() {
	b.post("charge:"+b.sale.Charge, "subscription_paid",
		ledger.Transfer{Debit: b.clearing(), Credit: b.vat(), Amount: b.sale.Tax.Minor},
		ledger.Transfer{Debit: b.clearing(), Credit: b.payable(), Amount: b.sale.Creator()},
		ledger.Transfer{Debit: b.clearing(), Credit: b.revenue(), Amount: b.sale.Share})
	b.papers = append(b.papers, paper{sale: b.sale, kind: invoice.Invoice, gross: b.sale.Total.Minor, tax: b.sale.Tax.Minor})
}

func (b *booking) fee() {
	b.post("fee:"+b.sale.Charge, "provider_fee",
		ledger.Transfer{Debit: b.account(ledger.Operator, ledger.FeeExpense), Credit: b.clearing(), Amount: b.sale.Fee})
}

// parts divides the first x of the sale's total among state, creator and
// operator. It grows with x in each part and gives at the total what paid gave.
func (s Sale) parts(x int64) (tax, creator, share int64) {
	if s.Tax.Minor > 0 {
		tax = mulDiv(x, s.Tax.Minor, s.Total.Minor)
	}
	net := s.Total.Minor - s.Tax.Minor
	if net > 0 {
		creator = mulDiv(x-tax, s.Creator(), net)
	}
	return tax, creator, x - tax - creator
}

// mulDiv is a*b/c rounded down, for 0 <= b <= c, without overflowing on the way.
func mulDiv(a, b, c int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	q, _ := bits.Div64(hi, lo, uint64(c))
	return int64(q)
}

// refunded posts a refund that was not posted before: the provider lists all of
// them, oldest first, and we remember how much of the list is posted.
func (b *booking) refunded(r Refund) {
	b.seen += r.Amount
	if b.seen <= b.sale.Refunded {
		return
	}
	tax, creator, share := b.sale.parts(b.sale.Refunded)
	tax2, creator2, share2 := b.sale.parts(b.seen)
	b.sale.Refunded, b.sale.RefundedAt = b.seen, r.At
	b.post("refund:"+b.sale.Charge+":"+r.Ref, "subscription_refunded",
		ledger.Transfer{Debit: b.vat(), Credit: b.clearing(), Amount: tax2 - tax},
		ledger.Transfer{Debit: b.payable(), Credit: b.clearing(), Amount: creator2 - creator},
		ledger.Transfer{Debit: b.revenue(), Credit: b.clearing(), Amount: share2 - share})
	b.credit("refund:"+r.Ref, tax2-tax+creator2-creator+share2-share, tax2-tax)
}

// credit takes a part of the sale's invoice back.
func (b *booking) credit(key string, gross, tax int64) {
	if gross > 0 {
		b.papers = append(b.papers, paper{sale: b.sale, kind: invoice.CreditNote, key: key, gross: gross, tax: tax})
	}
}

// disputed follows a dispute from one state to the next. One that was lost or
// won before we ever heard of it passes through open.
func (b *booking) disputed(d Dispute) {
	if d.State == DisputeNone || d.State == b.sale.Dispute {
		return
	}
	if b.sale.Dispute == DisputeNone {
		_, back, _ := b.sale.parts(b.sale.Refunded)
		b.sale.Held = b.sale.Creator() - back
		b.sale.Dispute, b.sale.DisputedAt = DisputeOpen, d.At
		b.post("dispute:"+d.Ref+":open", "dispute_opened",
			ledger.Transfer{Debit: b.payable(), Credit: b.held(), Amount: b.sale.Held})
	}
	if b.sale.Dispute != DisputeOpen {
		return // it is over
	}
	switch d.State {
	case DisputeWon:
		b.post("dispute:"+d.Ref+":won", "dispute_won", ledger.Transfer{Debit: b.held(), Credit: b.payable(), Amount: b.sale.Held})
	case DisputeLost:
		tax, back, share := b.sale.parts(b.sale.Refunded)
		left := b.sale.Creator() - back // less than is held, when some was paid back meanwhile
		b.post("dispute:"+d.Ref+":lost", "dispute_lost",
			ledger.Transfer{Debit: b.vat(), Credit: b.clearing(), Amount: b.sale.Tax.Minor - tax},
			ledger.Transfer{Debit: b.held(), Credit: b.clearing(), Amount: left},
			ledger.Transfer{Debit: b.held(), Credit: b.payable(), Amount: b.sale.Held - left},
			ledger.Transfer{Debit: b.revenue(), Credit: b.clearing(), Amount: b.sale.Share - share})
		b.credit("dispute:"+d.Ref, b.sale.Total.Minor-b.sale.Refunded, b.sale.Tax.Minor-tax)
	default:
		return
	}
	b.sale.Dispute, b.sale.Held = d.State, 0
}

// post hands the postings of sales to the ledger. Their accounts have no limits,
// so that a refusal means that a key was used for something else.
func post(ctx context.Context, tx Tx, txns []ledger.Transaction) error {
	if len(txns) == 0 {
		return nil
	}
	outcomes, err := ledger.Post(ctx, tx, txns...)
	if err != nil {
		return fmt.Errorf("post sales: %w", err)
	}
	for i, o := range outcomes {
		if !o.Posted() {
			return fmt.Errorf("post %s: %w", txns[i].Key, o.Refused)
		}
	}
	return nil
}

func errCharge(ch Charge) *fault.Fault {
	return fault.New(fault.Unavailable, "charge_differs", "The payment provider tells of a payment that cannot be: %s.", ch.Ref)
}
