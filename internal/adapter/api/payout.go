package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/invoice"
	"github.com/subspace-live/subspace/internal/domain/payout"
)

// Payouts is a creator's money.
type Payouts struct {
	Provider      string        `json:"provider" doc:"who pays; empty: nobody does here"`
	Sandbox       bool          `json:"sandbox" doc:"no real money moves"`
	Interval      string        `json:"interval" enum:"off,daily,weekly,monthly"`
	HoldbackHours int64         `json:"holdback_hours"`
	Payee         *Payee        `json:"payee" doc:"null until the creator said who they are"`
	Account       PayoutAccount `json:"account"`
	Earnings      []Earnings    `json:"earnings" nullable:"false" doc:"one of each currency"`
	Payouts       []Payout      `json:"payouts" nullable:"false" doc:"the newest"`
}

// Payee is how a creator stands on statements.
type Payee struct {
	Name    string `json:"name" maxLength:"400"`
	Address string `json:"address" maxLength:"1000"`
	TaxID   string `json:"tax_id,omitempty" maxLength:"200"`
}

// PayoutAccount is where a creator is paid.
type PayoutAccount struct {
	State   string   `json:"state" enum:"none,incomplete,payable"`
	Missing []string `json:"missing" nullable:"false" doc:"what the provider still asks for, in its words"`
}

// Earnings is what a creator has in one currency. Earned is what became of it:
// held_back, disputed, payable, on_its_way and paid_out add up to it.
type Earnings struct {
	Currency string  `json:"currency"`
	Earned   Sum     `json:"earned" doc:"the creator's part of all that stays sold"`
	HeldBack Sum     `json:"held_back"`
	Held     []Held  `json:"held" nullable:"false" doc:"the earliest first"`
	Disputed Sum     `json:"disputed"`
	Payable  Sum     `json:"payable" doc:"below zero: what later sales pay back first"`
	OnItsWay Sum     `json:"on_its_way"`
	PaidOut  Sum     `json:"paid_out"`
	Minimum  Sum     `json:"minimum" doc:"the least that is paid out"`
	NextAt   *Moment `json:"next_at" doc:"when the next payout goes out if nothing else happens; null when none does"`
	Next     Sum     `json:"next" doc:"what goes out then"`
}

// Held is a part of what is held back.
type Held struct {
	Until  Moment `json:"until"`
	Amount Sum    `json:"amount"`
}

// Payout is an amount on its way to a creator, or what came of it.
type Payout struct {
	ID        string  `json:"id"`
	Amount    Money   `json:"amount"`
	Reversed  Sum     `json:"reversed" doc:"what of it the operator took back after it was paid; it is owed again"`
	State     string  `json:"state" enum:"decided,paid,refused"`
	Reason    string  `json:"reason" doc:"why it was refused"`
	Detail    string  `json:"detail"`
	DecidedAt Moment  `json:"decided_at"`
	SettledAt *Moment `json:"settled_at"`
	Provider  string  `json:"provider"`
	Sandbox   bool    `json:"sandbox"`
	Statement string  `json:"statement" doc:"its number; empty: there is none"`
}

// PayoutList is a page of payouts, newest first.
type PayoutList struct {
	Payouts []Payout `json:"payouts" nullable:"false"`
}

// Statement is what the operator issues in the creator's name about a payout.
type Statement struct {
	Number        string          `json:"number"`
	Seller        string          `json:"seller"`
	SellerAddress string          `json:"seller_address"`
	SellerTaxID   string          `json:"seller_tax_id"`
	Buyer         string          `json:"buyer"`
	BuyerAddress  string          `json:"buyer_address"`
	BuyerTaxID    string          `json:"buyer_tax_id"`
	IssuedAt      Moment          `json:"issued_at"`
	From          *Moment         `json:"from" doc:"null on the first one"`
	To            Moment          `json:"to"`
	Lines         []StatementLine `json:"lines" nullable:"false" doc:"all but the last, which is paid, add up to it"`
	Sandbox       bool            `json:"sandbox" doc:"no money moved: not a real paper"`
}

// StatementLine is an amount of a statement, below zero for what is taken off.
type StatementLine struct {
	What   string `json:"what" enum:"before,reversed,sales,tax,share,refunds,refund_tax,refund_share,disputed,left,paid"`
	Amount Sum    `json:"amount"`
}

// InPayout names a payout of a channel.
type InPayout struct {
	InChannel
	Payout string `path:"payout" maxLength:"40"`
}

func (a *API) payoutRoutes() {
	route(a, "GET", "/api/channels/{channel}/payouts", "get-payouts", "What I earned, and what was paid out (creator)", 200,
		func(ctx context.Context, in *InChannel) (*body[Payouts], error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			o, err := a.opt.Payouts.Overview(ctx, s.Account, c.ID)
			return answer(payoutsOf(o), err)
		})
	type after struct {
		InChannel
		After string `query:"after" maxLength:"40" doc:"the last payout of the page before"`
	}
	route(a, "GET", "/api/channels/{channel}/payouts/past", "list-payouts", "Payouts, newest first (creator)", 200,
		func(ctx context.Context, in *after) (*body[PayoutList], error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			list, err := a.opt.Payouts.Payouts(ctx, s.Account, c.ID, ident.Payout(in.After))
			return answer(PayoutList{payoutList(list)}, err)
		})
	route(a, "GET", "/api/channels/{channel}/payouts/{payout}/statement", "get-statement", "The statement of a payout (creator)", 200,
		func(ctx context.Context, in *InPayout) (*body[Statement], error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			found, err := a.opt.Payouts.Statement(ctx, s.Account, c.ID, ident.Payout(in.Payout))
			return answer(statementOf(found), err)
		})
	route(a, "PUT", "/api/channels/{channel}/payouts/payee", "set-payee", "Say how I stand on statements (creator)", 200, a.setPayee)
	route(a, "POST", "/api/channels/{channel}/payouts/account", "open-payout-account", "The provider's page to open or complete my account (creator)", 200, a.openPayoutAccount)
	route(a, "POST", "/api/channels/{channel}/payouts/account/check", "check-payout-account", "Ask the provider whether my account can be paid (creator)", 200,
		func(ctx context.Context, in *InChannel) (*body[PayoutAccount], error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			found, err := a.opt.Payouts.CheckAccount(ctx, s.Account, c.ID)
			return answer(payoutAccountOf(found), err)
		})
	if a.opt.Sandbox != nil {
		route(a, "POST", "/api/sandbox/accounts/{account}", "complete-sandbox-account", "Complete a creator's rehearsal account", 204,
			func(ctx context.Context, in *struct {
				Account string `path:"account" maxLength:"60"`
				Body    struct {
					Refuses bool `json:"refuses,omitempty" doc:"it looks well, and refuses every transfer"`
				}
			},
			) (*none, error) {
				return nil, a.opt.Sandbox.Complete(ctx, callerOf(ctx).account(), in.Account, in.Body.Refuses)
			})
	}
}

func (a *API) setPayee(ctx context.Context, in *struct {
	InChannel
	Body Payee
},
) (*body[Payee], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	p, err := a.opt.Payouts.SetPayee(ctx, s.Account, payout.Payee{Channel: c.ID, Name: in.Body.Name, Address: in.Body.Address, TaxID: in.Body.TaxID})
	return answer(Payee{p.Name, p.Address, p.TaxID}, err)
}

// Page is an address to go to.
type Page struct {
	URL string `json:"url"`
}

func (a *API) openPayoutAccount(ctx context.Context, in *InChannel) (*body[Page], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	url, err := a.opt.Payouts.OpenAccount(ctx, s.Account, c.ID, a.back(ctx, "/cockpit/"+c.Handle+"/subscriptions?show=payouts"))
	return answer(Page{url}, err)
}

func payoutsOf(o payout.Overview) Payouts {
	out := Payouts{
		Provider: o.Till.Provider, Sandbox: o.Till.Test, Interval: string(o.Rules.Interval), HoldbackHours: int64(o.Rules.Holdback.Hours()),
		Account: payoutAccountOf(o.Account), Earnings: []Earnings{}, Payouts: payoutList(o.Payouts),
	}
	if o.Payee.Name != "" {
		out.Payee = &Payee{o.Payee.Name, o.Payee.Address, o.Payee.TaxID}
	}
	for _, b := range o.Balances {
		of := func(minor int64) Sum { return Sum{minor, b.Currency} }
		e := Earnings{
			Currency: b.Currency, Earned: of(b.Totals.Creator()), HeldBack: of(b.Waits()), Held: []Held{}, Disputed: of(b.Totals.Held),
			Payable: of(b.Payable), OnItsWay: of(b.Transit), PaidOut: of(b.Paid), Minimum: of(b.Minimum),
			NextAt: MomentOf(b.Next), Next: of(b.NextAmount),
		}
		for _, w := range b.Waiting {
			e.Held = append(e.Held, Held{Moment(w.Until), of(w.Amount)})
		}
		out.Earnings = append(out.Earnings, e)
	}
	return out
}

func payoutAccountOf(a payout.Account) PayoutAccount {
	out := PayoutAccount{State: "none", Missing: append([]string{}, a.Missing...)}
	switch {
	case a.Ref != "" && a.Payable:
		out.State = "payable"
	case a.Ref != "":
		out.State = "incomplete"
	}
	return out
}

func payoutList(list []payout.Listed) []Payout {
	out := []Payout{}
	for _, p := range list {
		out = append(out, Payout{
			ID: string(p.ID), Amount: moneyOf(p.Amount), Reversed: Sum{p.Reversed, p.Amount.Currency}, State: string(p.State), Reason: p.Reason, Detail: p.Detail,
			DecidedAt: Moment(p.Decided), SettledAt: MomentOf(p.Settled), Provider: p.Till.Provider, Sandbox: p.Till.Test, Statement: p.Number,
		})
	}
	return out
}

func statementOf(s invoice.Statement) Statement {
	out := Statement{
		Number: s.Number, Seller: s.Seller.Name, SellerAddress: s.Seller.Address, SellerTaxID: s.Seller.TaxID,
		Buyer: s.Buyer.Name, BuyerAddress: s.Buyer.Address, BuyerTaxID: s.Buyer.TaxID,
		IssuedAt: Moment(s.Issued), From: MomentOf(s.From), To: Moment(s.To), Lines: []StatementLine{}, Sandbox: s.Sandbox,
	}
	for _, l := range s.Lines {
		out.Lines = append(out.Lines, StatementLine{l.What, Sum{l.Minor, s.Currency}})
	}
	return out
}
