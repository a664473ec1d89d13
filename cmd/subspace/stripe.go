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
	if len(args) > 0 && args[0] == "setup" {
		args = args[1:]
	} else if len(args) == 0 || !slices.Contains([]string{"-h", "-help", "--help"}, args[0]) {
		return fault.New(fault.Invalid, "argument_unknown", "Say 'subspace stripe setup'.")
	}
	cmd := config.Command{
		Name:    "stripe setup",
		Purpose: "Looks at your Stripe account and has its events sent to this server. docs/payments.md explains it.\n--renew has them signed with a new secret.",
	}
	renew := func(arg string) bool { return arg == "--renew" || arg == "-renew" }
	settings := slices.DeleteFunc(slices.Clone(args), renew)
	cfg, _, err := cmd.Load(settings, os.LookupEnv, os.ReadFile, os.Stderr)
	if err != nil {
		return err
	}
	return app.StripeSetup(ctx, cfg, slices.ContainsFunc(args, renew), func(format string, args ...any) { fmt.Printf(format, args...) })
}
