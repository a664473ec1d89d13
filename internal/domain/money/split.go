package money

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// Split shares a out by weights. No part is a whole minor unit away from its
// exact share, the parts add up to a, and the same call always gives the same
// answer: what rounding down leaves goes, a unit each, to the largest remainders,
// of equal ones to the first. A weight of zero gets nothing.
//
// A price that includes 19 % of tax is gross.Split(100, 19): net, tax.
func (a Amount) Split(weights ...int64) ([]Amount, error) {
	total, err := sum(weights)
	if err != nil {
		return nil, err
	}
	units, sign := uint64(a.Minor), int64(1)
	if a.Minor < 0 {
		units, sign = -units, -1
	}
	parts, remainders, left := make([]uint64, len(weights)), make([]uint64, len(weights)), units
	order := make([]int, len(weights))
	for i, w := range weights {
		high, low := bits.Mul64(units, uint64(w))
		parts[i], remainders[i] = bits.Div64(high, low, total) // fits: w is at most total
		left -= parts[i]
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(remainders[j], remainders[i]) })
	for _, i := range order[:left] { // fewer than there are remainders above zero
		parts[i]++
	}
	out := make([]Amount, len(weights))
	for i, p := range parts {
		out[i] = Amount{sign * int64(p), a.Currency}
	}
	return out, nil
}

// sum adds weights, of which none is negative and one is more than zero.
func sum(weights []int64) (uint64, error) {
	var total uint64
	for _, w := range weights {
		if w < 0 {
			return 0, ErrWeights
		}
		if total += uint64(w); total > math.MaxInt64 {
			return 0, ErrOverflow
		}
	}
	if total == 0 {
		return 0, ErrWeights
	}
	return total, nil
}
