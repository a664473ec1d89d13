package api

import (
	"testing"

	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// What was rehearsed stays a rehearsal, also at a server that takes real money by now.
func TestARehearsedSaleSaysSoForEver(t *testing.T) {
	a := &API{} // without a sandbox
	for provider, want := range map[string]bool{"sandbox": true, "stripe": false} {
		if got := a.saleOf(subscription.NamedSale{Sale: subscription.Sale{Provider: provider}}); got.Sandbox != want {
			t.Errorf("a sale of %s is a rehearsal: %v", provider, got.Sandbox)
		}
	}
}
