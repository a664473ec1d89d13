package main

import (
	"context"
	"os"

	"github.com/subspace-live/subspace/internal/app"
	"github.com/subspace-live/subspace/internal/config"
)

func repairPayments(ctx context.Context, args []string) error {
	cmd := config.Command{
		Name:    "repair-payments",
		Purpose: "Brings rights and books to what the payment providers say, and prints what it changed. With SQLite the server has to be stopped.",
		Only: append(where(), "sandbox-payments", "sandbox-period", "sandbox-dispute-after", "stripe-key", "stripe-tax", "stripe-api", "patrons",
			"payment-grace", "operator-share", "seller-name", "seller-address", "seller-tax-id", "public-url"),
	}
	cfg, _, err := cmd.Load(args, os.LookupEnv, os.ReadFile, os.Stderr)
	if err != nil {
		return err
	}
	return app.RepairPayments(ctx, cfg, surroundings("warn"))
}
