package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/buyer"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/invoice"
)

// Buyers is what the API asks of buyer.Service.
type Buyers interface {
	Limits(ctx context.Context, by ident.Account) (buyer.Standing, error)
	SetCap(ctx context.Context, by ident.Account, limit int64) (buyer.Standing, error)
	ConfirmAge(ctx context.Context, by ident.Account) (buyer.Standing, error)
}

// Buyer is what a person has said about their own spending.
type Buyer struct {
	OfAge    bool    `json:"of_age"`
	Cap      int64   `json:"cap" doc:"most in a week, in minor units of each currency; 0: no limit"`
	Next     *int64  `json:"next" doc:"the higher limit that waits; null when none does; 0: no limit"`
	RaisedAt *Moment `json:"raised_at" doc:"when it will hold"`
	Spent    []Money `json:"spent" nullable:"false" doc:"in the last seven days, what is promised by unfinished purchases included: one sum for each currency"`
}

// Paper is an invoice or a credit note.
type Paper struct {
	Number    string  `json:"number"`
	Kind      string  `json:"kind" enum:"invoice,credit_note"`
	Corrects  string  `json:"corrects" doc:"the invoice that a credit note takes back from"`
	Seller    string  `json:"seller"`
	Address   string  `json:"seller_address"`
	TaxID     string  `json:"seller_tax_id"`
	Buyer     string  `json:"buyer"`
	IssuedAt  Moment  `json:"issued_at"`
	Line      string  `json:"line"`
	From      *Moment `json:"from"`
	To        *Moment `json:"to"`
	Net       Money   `json:"net"`
	Tax       Money   `json:"tax"`
	TaxRate   int64   `json:"tax_rate" doc:"basis points"`
	Gross     Money   `json:"gross"`
	Country   string  `json:"country"`
	CardLast4 string  `json:"card_last4"`
	Sandbox   bool    `json:"sandbox" doc:"no money moved: not a real paper"`
}

// PaperPage is one paper, with those that are about it.
type PaperPage struct {
	Paper
	Corrections []string `json:"corrections" nullable:"false" doc:"numbers of the credit notes that take back from it"`
}

// PaperList is a page of a buyer's papers, the newest first.
type PaperList struct {
	Papers []Paper `json:"papers" nullable:"false"`
}

func (a *API) buyerRoutes() {
	route(a, "GET", "/api/buyer", "get-buyer", "What I said about my spending", 200,
		func(ctx context.Context, _ *none) (*body[Buyer], error) {
			session, err := callerOf(ctx).signedIn()
			if err != nil {
				return nil, err
			}
			l, err := a.opt.Buyers.Limits(ctx, session.Account.ID)
			return answer(buyerOf(l), err)
		})
	route(a, "PATCH", "/api/buyer", "change-buyer", "Say that I am of age, or how much I spend at most", 200, a.changeBuyer)
	type page struct {
		After string `query:"after" maxLength:"80" doc:"number of the last paper of the page before"`
	}
	route(a, "GET", "/api/papers", "list-papers", "My invoices and credit notes", 200,
		func(ctx context.Context, in *page) (*body[PaperList], error) { return a.papers(ctx, in.After) })
	type numbered struct {
		Number string `path:"number" maxLength:"80"`
	}
	route(a, "GET", "/api/papers/{number}", "get-paper", "One of my invoices and credit notes", 200,
		func(ctx context.Context, in *numbered) (*body[PaperPage], error) { return a.paper(ctx, in.Number) })
}

func (a *API) changeBuyer(ctx context.Context, in *struct {
	Body struct {
		OfAge bool   `json:"of_age,omitempty"`
		Cap   *int64 `json:"cap,omitempty" doc:"lower holds at once, higher after a day; 0: no limit"`
	}
},
) (*body[Buyer], error) {
	session, err := callerOf(ctx).signedIn()
	if err != nil {
		return nil, err
	}
	l, err := a.opt.Buyers.Limits(ctx, session.Account.ID)
	if err == nil && in.Body.Cap != nil {
		l, err = a.opt.Buyers.SetCap(ctx, session.Account.ID, *in.Body.Cap)
	}
	if err == nil && in.Body.OfAge {
		l, err = a.opt.Buyers.ConfirmAge(ctx, session.Account.ID)
	}
	return answer(buyerOf(l), err)
}

func buyerOf(l buyer.Standing) Buyer {
	out := Buyer{OfAge: !l.OfAge.IsZero(), Cap: l.Cap, RaisedAt: MomentOf(l.Raised), Spent: []Money{}}
	for _, sum := range l.Spent {
		out.Spent = append(out.Spent, moneyOf(sum))
	}
	if !l.Raised.IsZero() {
		out.Next = &l.Next
	}
	return out
}

func (a *API) papers(ctx context.Context, after string) (*body[PaperList], error) {
	session, err := callerOf(ctx).signedIn()
	if err != nil {
		return nil, err
	}
	list, err := a.opt.Subscriptions.Papers(ctx, session.Account.ID, after)
	out := PaperList{Papers: []Paper{}}
	for _, p := range list {
		out.Papers = append(out.Papers, paperOf(p))
	}
	return answer(out, err)
}

func (a *API) paper(ctx context.Context, number string) (*body[PaperPage], error) {
	session, err := callerOf(ctx).signedIn()
	if err != nil {
		return nil, err
	}
	p, corrections, err := a.opt.Subscriptions.Paper(ctx, session.Account.ID, number)
	return answer(PaperPage{paperOf(p), append([]string{}, corrections...)}, err)
}

func paperOf(p invoice.Paper) Paper {
	return Paper{
		Number: p.Number, Kind: string(p.Kind), Corrects: p.Corrects, Seller: p.Seller.Name, Address: p.Seller.Address, TaxID: p.Seller.TaxID,
		Buyer: p.BuyerName, IssuedAt: Moment(p.Issued), Line: p.Line, From: MomentOf(p.From), To: MomentOf(p.To),
		Net: moneyOf(p.Net()), Tax: Money{p.Tax, p.Gross.Currency}, TaxRate: p.Rate, Gross: moneyOf(p.Gross),
		Country: p.Country, CardLast4: p.CardLast4, Sandbox: p.Sandbox,
	}
}
