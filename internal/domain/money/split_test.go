package money_test

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/domain/money"
)

func TestSharesOfKnownPrices(t *testing.T) {
	for _, c := range []struct {
		whole   int64
		weights []int64
		want    string
	}{
		{499, []int64{100, 19}, "[419 80]"},    // a price with 19 % of tax in it
		{419, []int64{8000, 2000}, "[335 84]"}, // the platform keeps 20 % of the net
		{100, []int64{1, 1, 1}, "[34 33 33]"},  // equal remainders: the first
		{101, []int64{1, 1, 1}, "[34 34 33]"},
		{-100, []int64{1, 1, 1}, "[-34 -33 -33]"}, // a refund is the mirror
		{1, []int64{0, 3, 0, 3}, "[0 1 0 0]"},     // a weight of zero gets nothing
		{0, []int64{5, 5}, "[0 0]"},
		{7, []int64{1}, "[7]"},
		{math.MaxInt64, []int64{1, 1}, "[4611686018427387904 4611686018427387903]"},
		{math.MinInt64, []int64{math.MaxInt64}, "[-9223372036854775808]"},
	} {
		parts, err := eur(c.whole).Split(c.weights...)
		if got := fmt.Sprint(minors(parts)); err != nil || got != c.want {
			t.Errorf("%d by %v: %s, %v; want %s", c.whole, c.weights, got, err, c.want)
		}
	}
}

func minors(parts []money.Amount) []int64 {
	out := make([]int64, len(parts))
	for i, p := range parts {
		out[i] = p.Minor
	}
	return out
}

func TestNothingIsSplitByNothing(t *testing.T) {
	for _, weights := range [][]int64{nil, {0}, {0, 0}, {3, -1}, {-1}} {
		if _, err := eur(100).Split(weights...); !errors.Is(err, money.ErrWeights) {
			t.Errorf("by %v: %v", weights, err)
		}
	}
	if _, err := eur(100).Split(math.MaxInt64, 1); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("by weights that do not fit: %v", err)
	}
}

// Whatever is split by whatever: nothing is lost or made, and each part is less
// than one unit away from its exact share.
func TestPartsAddUpAndAreFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.Int64().Draw(t, "whole")
		weights := rapid.SliceOfN(rapid.Int64Range(0, math.MaxInt64/8), 1, 8).Draw(t, "weights")
		parts, err := eur(whole).Split(weights...)
		total := new(big.Int)
		for _, w := range weights {
			total.Add(total, big.NewInt(w))
		}
		if total.Sign() == 0 {
			if !errors.Is(err, money.ErrWeights) {
				t.Fatalf("no weights: %v", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		sum := new(big.Int)
		for i, p := range parts {
			sum.Add(sum, big.NewInt(p.Minor))
			// |part*total - whole*weight| < total
			off := new(big.Int).Mul(big.NewInt(p.Minor), total)
			off.Sub(off, new(big.Int).Mul(big.NewInt(whole), big.NewInt(weights[i])))
			if off.CmpAbs(total) >= 0 || p.Currency != "EUR" {
				t.Fatalf("part %d of %d by %v is %v", i, whole, weights, p)
			}
		}
		if sum.Cmp(big.NewInt(whole)) != 0 {
			t.Fatalf("%d by %v became %v, which is %v", whole, weights, parts, sum)
		}
	})
}
