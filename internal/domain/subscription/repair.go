package subscription

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ledger"
)

// Repaired is what Repair did.
type Repaired struct {
	Applied int          // objects whose events had not arrived, or were not applied
	Mended  []Difference // by writing down what the provider says
	Booked  []Difference // by posting what the books lacked
	Left    []Difference // somebody has to decide
}

// Repair does at once what the inbox does in the course of a day: it takes in
// events that did not arrive, compares everything with the providers, and
// refreshes what differs. Then it posts what the books lack of a sale; a key
// posts once, so that nothing is booked twice. What is left is kept.
func (in *Inbox) Repair(ctx context.Context) (done Repaired, err error) {
	s := in.service
	troubles := []error{in.Listen(ctx)}
	for {
		n, err := in.Settle(ctx)
		done.Applied += n
		if troubles = append(troubles, err); n == 0 || err != nil {
			break
		}
	}
	found, err := s.Examine(ctx)
	done.Mended, done.Left = found.Mended, found.Left
	if troubles = append(troubles, err); err != nil {
		return done, errors.Join(troubles...)
	}
	for _, d := range done.Left {
		if d.What != BooksDiffer {
			continue
		}
		if err := s.rebook(ctx, d); err != nil {
			troubles = append(troubles, fmt.Errorf("book %s %s: %w", d.Provider, d.Charge, err))
		}
	}
	books, err := s.Audit(ctx)
	if troubles = append(troubles, err); err == nil {
		of := func(d Difference) bool { return d.Object == "" }
		for _, d := range done.Left {
			if of(d) && !contains(books, d) {
				done.Booked = append(done.Booked, d)
			}
		}
		done.Left = append(slices.DeleteFunc(done.Left, of), books...)
		troubles = append(troubles, s.keep(ctx, books, of))
	}
	return done, errors.Join(troubles...)
}

// rebook posts again all that a sale's provider tells of its charge. What stands
// in the books already is not posted twice; what stands there with other sums
// stays as it is.
func (s *Service) rebook(ctx context.Context, d Difference) error {
	var sale Sale
	var object string
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		if sale, _, err = tx.SaleByCharge(ctx, d.Provider, d.Charge); err == nil {
			object, err = soldAs(ctx, tx, sale)
		}
		return err
	})
	if err != nil {
		return err
	}
	charge, err := s.charge(ctx, sale, object)
	if err != nil {
		return err
	}
	return s.Store.Update(ctx, func(tx Tx) error {
		if err := tx.LockLogs(ctx, sale.Channel); err != nil {
			return err
		}
		b := books{at: s.Now()}
		if _, err := b.follow(sale.unposted(), charge, false); err != nil {
			return err
		}
		_, err := ledger.Post(ctx, tx, b.txns...) // its papers were issued, or it is older than they are
		return err
	})
}

// unposted is the sale as it was before anything of it was booked.
func (s Sale) unposted() Sale {
	s.Fee, s.Refunded, s.Dispute, s.Held = 0, 0, DisputeNone, 0
	return s
}

// charge is what a sale's provider tells of it now.
func (s *Service) charge(ctx context.Context, sale Sale, object string) (Charge, error) {
	p, err := s.provider(sale.Provider)
	if err != nil {
		return Charge{}, err
	}
	var charges []Charge
	if session, ok := strings.CutPrefix(object, checkoutPrefix); ok {
		is, err := fetchCheckout(ctx, p, session)
		if err != nil {
			return Charge{}, err
		}
		if is.Charge != nil {
			charges = append(charges, is.Charge.normal())
		}
	} else {
		o, err := fetch(ctx, p, object)
		if err != nil {
			return Charge{}, err
		}
		charges = o.Charges
	}
	i := slices.IndexFunc(charges, func(ch Charge) bool { return ch.Ref == sale.Charge })
	if i < 0 {
		return Charge{}, fault.New(fault.Missing, "provider_object_missing", "The provider does not know payment %s.", sale.Charge)
	}
	return charges[i], nil
}
