package subscription

import "github.com/subspace-live/subspace/internal/domain/fault"

// seller is the name of the provider that takes a payment.
func (s *Service) seller(wanted string) (string, error) {
	for _, p := range s.Providers {
		if wanted == "" || p.Name() == wanted {
			return p.Name(), nil
		}
	}
	if len(s.Providers) == 0 {
		return "", fault.New(fault.Unavailable, "payments_off", "This server takes no payments.")
	}
	return "", fault.New(fault.Invalid, "provider_unknown", "Nobody named %q takes payments here.", wanted)
}

// Sellers names the providers that take payments here, the usual one first.
func (s *Service) Sellers() []string {
	names := make([]string, len(s.Providers))
	for i, p := range s.Providers {
		names[i] = p.Name()
	}
	return names
}

// Elsewhere is a provider whose buyers pay somewhere else: it takes nothing here,
// so that there is nothing to try for free and no limit to keep.
type Elsewhere interface{ PaidElsewhere() }

// PaidElsewhere reports whether a provider takes nothing here.
func (s *Service) PaidElsewhere(provider string) bool {
	p, err := s.provider(provider)
	if err != nil {
		return false
	}
	_, elsewhere := p.(Elsewhere)
	return elsewhere
}
