package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/subspace-live/subspace/internal/adapter/payment/patron"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/config"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// RepairPayments brings rights, sales and books to what the payment providers of
// the settings say, and tells each change in a line. It refuses while a server
// has the SQLite database: one process writes there. Beside servers on
// PostgreSQL it may run. Its error says how much is left for somebody to decide.
func RepairPayments(ctx context.Context, cfg config.Config, sur Surroundings) (err error) {
	if sur.Random == nil {
		sur.Random = rand.Reader
	}
	db, close, err := repairable(ctx, cfg, sur)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, close()) }()
	inbox, hangUp, err := repairer(ctx, cfg, db, sur)
	if err != nil {
		return err
	}
	defer hangUp()
	done, err := inbox.Repair(ctx)
	if done.Applied > 0 {
		sur.Tell("applied  what had not been applied to %d subscriptions or checkouts\n", done.Applied)
	}
	for _, d := range done.Mended {
		sur.Tell("mended   %s\n", d)
	}
	for _, d := range done.Booked {
		sur.Tell("booked   %s\n", d)
	}
	for _, d := range done.Left {
		sur.Tell("LEFT     %s\n", d)
	}
	switch n := len(done.Left); {
	case err != nil:
		return fmt.Errorf("not everything could be looked at: %w", err)
	case n > 0:
		return fmt.Errorf("%d differences are left; docs/payments.md says what to do", n)
	case done.Applied+len(done.Mended)+len(done.Booked) == 0:
		sur.Tell("ok       payment providers, rights and books agree\n")
	}
	return nil
}

// repairable opens a database that is there and of this release.
func repairable(ctx context.Context, cfg config.Config, sur Surroundings) (*store.DB, func() error, error) {
	opt := store.Options{URL: cfg.DatabaseURL(), Now: sur.Now, Random: sur.Random}
	seen, err := store.Inspect(ctx, opt)
	if err != nil {
		return nil, nil, err
	}
	broken, err := seen.Checks()[0].Broken(ctx)
	if err = errors.Join(err, seen.Close()); err == nil && len(broken) > 0 {
		err = fault.New(fault.Conflict, "database_differs", "The schema is not that of this release: %s", broken[0])
	}
	if err != nil {
		return nil, nil, err
	}
	unlock := func() error { return nil }
	if strings.HasPrefix(opt.URL, "sqlite:") {
		folder, err := lockFolder(cfg.Data)
		if fault.Is(err, "data_in_use") {
			return nil, nil, fault.New(fault.Conflict, "data_in_use",
				"A server uses the data folder %q, and with SQLite one process writes. Stop it for the repair; or leave it: it does the same when it starts and once a day, but for what the books lack.", cfg.Data)
		}
		if err != nil {
			return nil, nil, err
		}
		unlock = folder.Close
	}
	db, err := store.Open(ctx, opt)
	if err != nil {
		return nil, nil, errors.Join(err, unlock())
	}
	return db, func() error { return errors.Join(db.Close(), unlock()) }, nil
}

// repairer is an inbox with the providers of the settings, and nobody who runs it.
func repairer(ctx context.Context, cfg config.Config, db *store.DB, sur Surroundings) (inbox *subscription.Inbox, done func(), err error) {
	providers, done, err := asked(ctx, cfg, db, sur)
	if err != nil {
		return nil, nil, err
	}
	inbox = subscription.NewInbox(subscription.NewService(shop(cfg, db, sur, providers)), reconcileEvery, func(err error) {
		sur.Log.Warn("not repaired", "err", err)
	})
	for _, p := range providers {
		if list, ok := p.(*patron.Patrons); ok {
			for range 2 { // a file that was just written is believed the second time
				if err := list.Look(ctx, inbox); err != nil {
					return nil, nil, err
				}
			}
		}
	}
	return inbox, done, nil
}

// asked is who can be asked about payments, by the settings.
func asked(ctx context.Context, cfg config.Config, db *store.DB, sur Surroundings) (providers []subscription.Provider, done func(), err error) {
	done = func() {}
	if cfg.StripeKey != "" {
		charges, err := charging(ctx, cfg, db, sur)
		if err != nil {
			return nil, nil, err
		}
		providers, done = append(providers, charges), charges.Close
	} else if box, err := rehearsal(ctx, cfg, db, sur); err == nil {
		providers = append(providers, box)
	} else if !fault.Is(err, "sandbox_refused") {
		return nil, nil, err
	}
	if cfg.Patrons != "" {
		providers = append(providers, patrons(cfg, db, sur))
	}
	if len(providers) == 0 {
		return nil, nil, fault.New(fault.Unavailable, "payments_off", "These settings name no payment provider that could be asked. Give the command the settings of the server.")
	}
	return providers, done, nil
}
