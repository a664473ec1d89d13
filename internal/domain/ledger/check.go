package ledger

import "context"

// Promise is what holds of the books between any two database transactions.
type Promise string

// The promises. Constraints of the database keep most of them as well; they are
// looked at for the day on which somebody has mended a row by hand.
const (
	Balanced Promise = "debits and credits of each asset are equal"
	Summed   Promise = "each account holds what its transfers add up to"
	Ruled    Promise = "no account breaks its rule"
	Whole    Promise = "what was posted has all its transfers, what was refused has none"
)

// Promises lists them.
func Promises() []Promise { return []Promise{Balanced, Summed, Ruled, Whole} }

// Finding is a place where a promise is broken.
type Finding struct {
	Promise Promise
	What    string // in words, for the operator
}

// Auditor finds what breaks a promise, in words.
type Auditor interface {
	BrokenPromise(ctx context.Context, p Promise) ([]string, error)
}

// Check looks at all promises.
func Check(ctx context.Context, a Auditor) ([]Finding, error) {
	var found []Finding
	for _, p := range Promises() {
		broken, err := a.BrokenPromise(ctx, p)
		if err != nil {
			return nil, err
		}
		for _, what := range broken {
			found = append(found, Finding{p, what})
		}
	}
	return found, nil
}
