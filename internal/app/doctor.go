package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/subspace-live/subspace/internal/adapter/payment/patron"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/config"
)

// Doctor looks whether the database keeps its promises (store.DB.Checks lists
// them), and whether the list of patrons can be followed, and tells a line for
// each, with what breaks it below. It only reads, and may run beside servers. Its
// error says how many are broken.
func Doctor(ctx context.Context, cfg config.Config, sur Surroundings) (err error) {
	db, err := store.Inspect(ctx, store.Options{URL: cfg.DatabaseURL(), Now: sur.Now, Random: rand.Reader})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	checks := db.Checks()
	if cfg.Patrons != "" {
		checks = append(checks, store.Check{Promise: "patrons: each line of the list can be followed", Broken: func(ctx context.Context) ([]string, error) {
			return patron.Examine(ctx, cfg.Patrons, store.UnitOf(db, as[patron.Tx]))
		}})
	}
	wrong, looked := 0, 0
	for i, c := range checks {
		found, err := c.Broken(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			found = append(found, fmt.Sprintf("It cannot be looked at: %v", err))
		}
		looked++
		if len(found) == 0 {
			sur.Tell("ok     %s\n", c.Promise)
			continue
		}
		wrong++
		sur.Tell("WRONG  %s\n", c.Promise)
		for _, what := range found {
			sur.Tell("       %s\n", what)
		}
		if i == 0 {
			break // without the schema there is nothing to look at
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d checks found something wrong; %d were not made", wrong, looked, len(checks)-looked)
	}
	return nil
}
