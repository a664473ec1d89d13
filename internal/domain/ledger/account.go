package ledger

import "math"

// Account is where an amount of one asset stands. Nobody opens it: it begins
// with the first transaction that names it.
type Account struct {
	Owner string // identifier of a channel or of a person, or Operator
	Kind  Kind
	Asset string // an ISO 4217 currency, counted in minor units, or Coin
}

// Operator owns what belongs to the platform as a whole.
const Operator = "operator"

// Coin is the asset of virtual coins; no currency has four letters.
const Coin = "COIN"

// Of names an account.
func Of[O ~string](owner O, kind Kind, asset string) Account {
	return Account{string(owner), kind, asset}
}

// Balance is what was ever moved out of an account and into it.
type Balance struct{ Debits, Credits int64 }

// Net is what the account holds for its owner; less than zero, what they owe.
func (b Balance) Net() int64 { return b.Credits - b.Debits }

// Kind says what an amount on an account means.
type Kind string

// The kinds. Those that only we move amounts from or to have a rule; those that
// repeat what happened in the world have none, because it has happened.
const (
	// Clearing is money that a payment provider holds for us: charges debit it;
	// refunds, payouts and the provider's fees credit it. No rule.
	Clearing Kind = "clearing"
	// VAT is the tax inside of prices, owed to a state. No rule.
	VAT Kind = "vat"
	// CreatorPayable is what a creator is owed. No rule: a charge that is taken
	// back after the payout leaves the creator owing us.
	CreatorPayable Kind = "creator_payable"
	// CreatorHeld is a creator's share that may not be paid out yet: a dispute
	// runs, or one may still come. Debits stay within credits.
	CreatorHeld Kind = "creator_held"
	// PayoutTransit is what a creator was owed and a payment provider was asked to
	// pay: it ends as paid, or goes back. Debits stay within credits.
	PayoutTransit Kind = "payout_transit"
	// Revenue is the platform's own share. No rule.
	Revenue Kind = "revenue"
	// FeeExpense is what payment providers kept for their work. No rule.
	FeeExpense Kind = "fee_expense"
	// Receivable is what somebody owes us, such as coins refunded after they were
	// spent. Credits stay within debits: nobody pays back more than they owe.
	Receivable Kind = "receivable"
	// Wallet is the coins that a person may spend. Debits stay within credits.
	Wallet Kind = "wallet"
	// Issued is where coins come from. Credits stay within debits: no more come
	// back than went out.
	Issued Kind = "issued"
	// Redeemed is where spent coins go. Debits stay within credits.
	Redeemed Kind = "redeemed"
	// CoinLiability is the money taken for coins that are not spent yet. Debits
	// stay within credits: a coin that nobody paid for pays nobody.
	CoinLiability Kind = "coin_liability"
)

// Kinds lists all kinds.
func Kinds() []Kind {
	return []Kind{
		Clearing, VAT, CreatorPayable, CreatorHeld, PayoutTransit, Revenue, FeeExpense, Receivable, Wallet, Issued, Redeemed, CoinLiability,
	}
}

// Rule says which sum of an account stays within the other. Its numbers are
// stored and do not change.
type Rule int64

// The rules.
const (
	NoRule              Rule = 0
	DebitsWithinCredits Rule = 1
	CreditsWithinDebits Rule = 2
)

// Rule returns the rule of a kind; false: there is no such kind.
func (k Kind) Rule() (r Rule, known bool) {
	switch k {
	case Clearing, VAT, CreatorPayable, Revenue, FeeExpense:
		return NoRule, true
	case CreatorHeld, PayoutTransit, Wallet, Redeemed, CoinLiability:
		return DebitsWithinCredits, true
	case Receivable, Issued:
		return CreditsWithinDebits, true
	}
	return NoRule, false
}

// permits reports whether an account of this kind may stand so.
func (k Kind) permits(b Balance) bool {
	switch r, _ := k.Rule(); r {
	case DebitsWithinCredits:
		return b.Debits <= b.Credits
	case CreditsWithinDebits:
		return b.Credits <= b.Debits
	}
	return true
}

// move adds an amount to both sums of a transfer; false: one would not fit, and
// nothing was added.
func move(debited, credited *Balance, amount int64) bool {
	if debited.Debits > math.MaxInt64-amount || credited.Credits > math.MaxInt64-amount {
		return false
	}
	debited.Debits += amount
	credited.Credits += amount
	return true
}
