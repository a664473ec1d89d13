package patron

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// CancelAtPeriodEnd implements subscription.Provider: only who is paid elsewhere
// can end it, and then the list says so.
func (p *Patrons) CancelAtPeriodEnd(context.Context, string) error { return errCannot() }

// Pause implements subscription.Provider.
func (p *Patrons) Pause(context.Context, string) error { return errCannot() }

// Resume implements subscription.Provider.
func (p *Patrons) Resume(context.Context, string) error { return errCannot() }

// End implements subscription.Provider.
func (p *Patrons) End(context.Context, string) error { return errCannot() }

// PreviewChange implements subscription.Provider.
func (p *Patrons) PreviewChange(context.Context, string, subscription.Plan) (subscription.Proration, error) {
	return subscription.Proration{}, errCannot()
}

// ChangeNow implements subscription.Provider.
func (p *Patrons) ChangeNow(context.Context, string, subscription.Plan, string) error {
	return errCannot()
}

// ChangeAtPeriodEnd implements subscription.Provider.
func (p *Patrons) ChangeAtPeriodEnd(context.Context, string, subscription.Plan) error {
	return errCannot()
}

// Refund implements subscription.Provider: nothing was charged here.
func (p *Patrons) Refund(context.Context, subscription.Repayment) error { return errCannot() }

// CardPage implements subscription.Provider: there is no card.
func (p *Patrons) CardPage(context.Context, string, string) (string, error) { return "", nil }

func errCannot() *fault.Fault {
	return fault.New(fault.Conflict, "provider_cannot", "This is paid outside of Subspace. Change or end it where you pay.")
}
