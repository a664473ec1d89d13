package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/subspace-live/subspace/internal/app"
	"github.com/subspace-live/subspace/internal/config"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

// stripe runs 'subspace stripe setup [--renew] [settings of serve]'.
func stripe(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] != "setup" {
		return fault.New(fault.Invalid, "argument_unknown", "Say 'subspace stripe setup'.")
	}
	renew := func(arg string) bool { return arg == "--renew" || arg == "-renew" }
	settings := slices.DeleteFunc(slices.Clone(args[1:]), renew)
	cfg, err := config.Load(settings, os.LookupEnv, os.ReadFile, os.Stderr)
	if err != nil {
		return err
	}
	return app.StripeSetup(ctx, cfg, slices.ContainsFunc(args[1:], renew), func(format string, args ...any) { fmt.Printf(format, args...) })
}
