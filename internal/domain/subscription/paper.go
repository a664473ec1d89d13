package subscription

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/invoice"
	"github.com/subspace-live/subspace/internal/domain/mail"
	"github.com/subspace-live/subspace/internal/domain/money"
)

// issue gives the papers of sales their numbers, and sends word of each.
func (s *Service) issue(ctx context.Context, tx Tx, papers []paper) error {
	for _, x := range papers {
		p, err := s.paper(ctx, tx, x)
		if err != nil {
			return err
		}
		if p, err = invoice.Issue(ctx, tx, p); err != nil {
			return err
		}
		kind := letterAbout(p)
		if err := tx.QueueLetter(ctx, mail.Letter{
			Key: string(kind) + ":" + p.Number, Kind: kind, To: p.Buyer,
			Data: map[string]string{"what": p.Line, "price": mail.Money(p.Gross), "tax": mail.Money(money.Amount{Minor: p.Tax, Currency: p.Gross.Currency}), "number": p.Number},
		}); err != nil {
			return err
		}
	}
	return nil
}

func letterAbout(p invoice.Paper) mail.Kind {
	switch back := p.Kind == invoice.CreditNote; {
	case back && p.Sandbox:
		return LetterRehearsedRefund
	case back:
		return LetterRefunded
	case p.Sandbox:
		return LetterRehearsedReceipt
	}
	return LetterReceipt
}

// rehearsed begins the numbers of papers about money that did not move: they count
// for themselves, so that those of a seller begin with the first real sale.
const rehearsed = "TEST"

// paper is what stands on it.
func (s *Service) paper(ctx context.Context, tx Tx, x paper) (invoice.Paper, error) {
	sale := x.sale
	key := sale.Provider + ":" + sale.Charge
	p := invoice.Paper{
		Key: key, Kind: x.kind, Seller: s.Seller, Buyer: sale.Buyer, Channel: sale.Channel, Issued: s.Now(),
		From: sale.PeriodStart, To: sale.PeriodEnd, Gross: money.Amount{Minor: x.gross, Currency: sale.Total.Currency}, Tax: x.tax,
		Rate: sale.Tax.Rate, Country: sale.Tax.Country, Proof: sale.Tax.Proof, Sandbox: sale.Provider == s.Rehearsal, CardLast4: sale.CardLast4,
	}
	if p.Sandbox {
		p.Seller.Code = rehearsed
	}
	if x.kind == invoice.CreditNote {
		of, found, err := tx.PaperByKey(ctx, key)
		if err != nil {
			return p, err
		}
		p.Key = key + ":" + x.key
		if found { // else it was sold before papers were issued
			p.Corrects, p.Seller, p.Sandbox = of.Number, of.Seller, of.Sandbox
		}
	}
	names, err := tx.Names(ctx, []ident.Account{sale.Buyer})
	if err != nil {
		return p, err
	}
	p.BuyerName = names[sale.Buyer]
	p.Line, err = tx.PlanTitle(ctx, sale.Plan.Tier)
	return p, err
}

// Papers returns a page of the invoices and credit notes of a buyer, the newest
// first: those after the number that ended the page before, empty for the
// newest. Refusals: paper_missing.
func (s *Service) Papers(ctx context.Context, by ident.Account, after string) (out []invoice.Paper, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		var last *invoice.Paper
		if after != "" {
			p, err := paperOf(ctx, tx, by, after)
			if err != nil {
				return err
			}
			last = &p
		}
		out, err = tx.PapersTo(ctx, by, last, peoplePage)
		return err
	})
	return out, err
}

// Paper returns one paper of a buyer by its number, and, of an invoice, the
// numbers of the credit notes that take back from it. Refusals: paper_missing,
// also for those of others.
func (s *Service) Paper(ctx context.Context, by ident.Account, number string) (p invoice.Paper, corrections []string, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		if p, err = paperOf(ctx, tx, by, number); err == nil && p.Kind == invoice.Invoice {
			corrections, err = tx.Corrections(ctx, by, number)
		}
		return err
	})
	return p, corrections, err
}

func paperOf(ctx context.Context, tx Tx, by ident.Account, number string) (invoice.Paper, error) {
	p, found, err := tx.PaperByNumber(ctx, number)
	if err == nil && (!found || by == "" || p.Buyer != by) {
		return invoice.Paper{}, fault.New(fault.Missing, "paper_missing", "You have no paper with this number.")
	}
	return p, err
}
