package payout

import (
	"cmp"
	"slices"
	"time"
)

// Totals is all that was ever sold of a channel at a till in one currency, in
// minor units.
type Totals struct {
	Sold, Tax, Share int64 // Tax and Share are parts of Sold; the rest is the creator's
	// Back is what of Sold went back to buyers, or to their banks by lost disputes.
	Back, BackTax, BackShare int64
	Held                     int64 // of the creator's part, by disputes that run
}

// Earned is the creator's part of what stays sold and is not disputed.
func (t Totals) Earned() int64 { return t.Creator() - t.Held }

// Creator is Earned with what is disputed.
func (t Totals) Creator() int64 {
	return t.Sold - t.Tax - t.Share - (t.Back - t.BackTax - t.BackShare)
}

// Plus adds two sums up.
func (t Totals) Plus(o Totals) Totals {
	return Totals{
		t.Sold + o.Sold, t.Tax + o.Tax, t.Share + o.Share,
		t.Back + o.Back, t.BackTax + o.BackTax, t.BackShare + o.BackShare, t.Held + o.Held,
	}
}

// Waiting is a creator's part of sales that is held back until a moment.
type Waiting struct {
	Until  time.Time
	Amount int64
}

// Balance is what a creator has in one currency.
type Balance struct {
	Currency string
	Totals   Totals    // of the till
	Waiting  []Waiting // the earliest first
	Payable  int64     // what may go out now; below zero, what later sales pay back first
	Transit  int64     // on its way
	Paid     int64     // gone out
	Minimum  int64
	// Next is when how much goes out if nothing else happens; zero when nothing
	// will. It is not before now.
	Next       time.Time
	NextAmount int64
}

// Waits is all that is held back.
func (b Balance) Waits() (sum int64) {
	for _, w := range b.Waiting {
		sum += w.Amount
	}
	return sum
}

// figures is what the books and the sales say of one currency.
type figures struct {
	books   int64  // what the creator is owed, by all tills
	ours    Totals // of the till
	others  Totals // of everybody else
	waiting []Waiting
	gone    Gone
	last    Payout // at the till; zero for none
}

// Gone is what was decided to be paid out and not refused.
type Gone struct {
	Transit, Paid int64 // by the till
	Others        int64 // by everybody else
}

// balance reckons. What other tills took in is not this one's to pay.
func (f figures) balance(currency string, r Rules, now time.Time) Balance {
	b := Balance{Currency: currency, Totals: f.ours, Waiting: f.waiting, Transit: f.gone.Transit, Paid: f.gone.Paid, Minimum: r.Minimum(currency)}
	slices.SortFunc(b.Waiting, func(x, y Waiting) int { return cmp.Compare(x.Until.UnixMilli(), y.Until.UnixMilli()) })
	b.Payable = f.books - b.Waits() - (f.others.Earned() - f.gone.Others)
	b.Next, b.NextAmount = b.next(f.earliest(r, now))
	if r.Interval == Off {
		b.Next, b.NextAmount = time.Time{}, 0
	}
	return b
}

// retryAfter is how long after a refusal the next payout is tried.
const retryAfter = 24 * time.Hour

// earliest is the first moment from now on at which a payout may be decided. One
// that is on its way is waited for.
func (f figures) earliest(r Rules, now time.Time) time.Time {
	at := now
	switch f.last.State {
	case Decided, Paid:
		at = r.Interval.Next(f.last.Decided)
	case Refused:
		at = f.last.Settled.Add(retryAfter)
	}
	if at.Before(now) {
		return now
	}
	return at
}

// next is the first moment from at on at which the minimum is there, and what is
// there then.
func (b Balance) next(at time.Time) (time.Time, int64) {
	sum := b.Payable
	for _, w := range b.Waiting {
		if w.Until.After(at) && sum >= b.Minimum {
			break
		}
		sum += w.Amount
		if w.Until.After(at) {
			at = w.Until
		}
	}
	if sum < b.Minimum || sum <= 0 {
		return time.Time{}, 0
	}
	return at, sum
}
