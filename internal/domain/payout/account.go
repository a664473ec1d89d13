package payout

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/text"
)

// The bounds of what creators say of themselves, in characters.
const (
	nameMax    = 120
	addressMax = 300
	taxIDMax   = 40
)

// SetPayee keeps how the creator stands on statements from now on. Only the owner
// may. Refusals: payee_invalid.
func (s *Service) SetPayee(ctx context.Context, by ident.Account, p Payee) (Payee, error) {
	p, err := cleanPayee(p)
	if err != nil {
		return p, err
	}
	p.Changed = s.moment()
	defer s.knock()
	err = s.Store.Update(ctx, func(tx Tx) error {
		if err := s.allowed(ctx, tx, by, p.Channel); err != nil {
			return err
		}
		was, found, err := tx.PayeeOf(ctx, p.Channel)
		if err != nil {
			return err
		}
		if found {
			p.Code = was.Code
			_, err = tx.PutPayee(ctx, p)
			return err
		}
		handle, err := tx.HandleOf(ctx, p.Channel)
		if err != nil {
			return err
		}
		for n := 1; ; n++ { // somebody may have had the handle before
			if p.Code = "SB-" + strings.ToUpper(handle); n > 1 {
				p.Code = fmt.Sprintf("%s.%d", p.Code, n)
			}
			if mine, err := tx.PutPayee(ctx, p); err != nil || mine {
				return orElse(err, s.hurry(ctx, tx, p.Channel))
			}
		}
	})
	return p, err
}

// hurry makes the channel due: something that it waited for is there now.
func (s *Service) hurry(ctx context.Context, tx Tx, channel ident.Channel) error {
	a, found, err := tx.AccountAt(ctx, channel, s.till())
	if err != nil || !found {
		return err
	}
	a.Due = s.moment()
	return tx.PutAccount(ctx, a)
}

func cleanPayee(p Payee) (Payee, error) {
	name, ok := text.Line(p.Name)
	if n := utf8.RuneCountInString(name); !ok || n < 1 || n > nameMax {
		return p, badPayee("Your name, or that of your firm, has 1 to %d characters.", nameMax)
	}
	var lines []string
	for _, line := range strings.Split(p.Address, "\n") {
		line, ok := text.Line(line)
		if !ok {
			return p, badPayee("The address holds characters that cannot be printed.")
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	address := strings.Join(lines, "\n")
	if n := utf8.RuneCountInString(address); n < 1 || n > addressMax {
		return p, badPayee("The address has 1 to %d characters.", addressMax)
	}
	tax, ok := text.Line(p.TaxID)
	if !ok || utf8.RuneCountInString(tax) > taxIDMax {
		return p, badPayee("A tax number has at most %d characters; leave it empty when you have none.", taxIDMax)
	}
	p.Name, p.Address, p.TaxID = name, address, tax
	return p, nil
}

func badPayee(format string, args ...any) *fault.Fault {
	return fault.New(fault.Invalid, "payee_invalid", format, args...)
}

// OpenAccount returns the provider's page on which the creator opens an account
// to be paid to, or completes it; back is where that page leads afterwards. Only
// the owner may. Refusals: payouts_off, and what the provider says.
func (s *Service) OpenAccount(ctx context.Context, by ident.Account, channel ident.Channel, back string) (url string, err error) {
	a, err := s.Account(ctx, by, channel)
	if err != nil {
		return "", err
	}
	asking, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	to, err := s.Payer.Onboard(asking, channel, a.Ref, back)
	if err != nil {
		return "", errAsking(ctx, err)
	}
	if to.Account == a.Ref {
		return to.URL, nil
	}
	return to.URL, s.Store.Update(ctx, func(tx Tx) error {
		is, found, err := tx.AccountAt(ctx, channel, s.till())
		if err != nil || (found && is.Ref == to.Account) {
			return err
		}
		return tx.PutAccount(ctx, Account{Channel: channel, Till: s.till(), Ref: to.Account})
	})
}

// CheckAccount asks the provider whether the creator's account can be paid, and
// keeps the answer. Only the owner may. Refusals: payouts_off, and what the
// provider says.
func (s *Service) CheckAccount(ctx context.Context, by ident.Account, channel ident.Channel) (Account, error) {
	a, err := s.Account(ctx, by, channel)
	if err != nil || a.Ref == "" {
		return a, err
	}
	defer s.knock()
	return s.check(ctx, a)
}

// Account returns where the caller's channel is paid; without a reference when
// nowhere yet. Only the owner may ask. Refusals: payouts_off.
func (s *Service) Account(ctx context.Context, by ident.Account, channel ident.Channel) (a Account, err error) {
	if s.Payer == nil {
		return a, errNothing()
	}
	err = s.Store.View(ctx, func(tx Tx) error {
		if err := s.allowed(ctx, tx, by, channel); err != nil {
			return err
		}
		a, _, err = tx.AccountAt(ctx, channel, s.till())
		return err
	})
	return a, err
}

// lookAgain is how often the provider is asked about an account that cannot be
// paid.
const lookAgain = time.Hour

// check asks about an account and keeps the answer.
func (s *Service) check(ctx context.Context, a Account) (Account, error) {
	asking, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	standing, err := s.Payer.Standing(asking, a.Ref)
	if err != nil {
		return a, errAsking(ctx, err)
	}
	err = s.Store.Update(ctx, func(tx Tx) error {
		is, found, err := tx.AccountAt(ctx, a.Channel, a.Till)
		if err != nil || !found || is.Ref != a.Ref {
			a = is
			return err
		}
		switch {
		case !standing.Payable: // a page may have been left halfway, and be completed some day
			is.Due = s.moment().Add(lookAgain)
		case !is.Payable:
			is.Due = s.moment()
		}
		was := is
		is.Standing, is.Looked = standing, s.moment()
		a = is
		if err := s.asksFor(ctx, tx, was, is); err != nil {
			return err
		}
		return tx.PutAccount(ctx, is)
	})
	return a, err
}

// errAsking is an answer of the provider, or that there was none.
func errAsking(ctx context.Context, err error) error {
	if fault.Of(err) != nil || ctx.Err() != nil {
		return err
	}
	return fault.New(fault.Unavailable, "provider_unavailable", "The payment provider does not answer right now. Please try again in a moment.").
		After(5 * time.Second).Because(err)
}
