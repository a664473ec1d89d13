package main

import (
	"context"
	"os"

	"github.com/subspace-live/subspace/internal/app"
	"github.com/subspace-live/subspace/internal/config"
)

func repairPayments(ctx context.Context, args []string) error {
	cmd := config.Command{
		Name: "repair-payments",
		Purpose: "Brings rights, sales and books to what the payment providers say, and prints each change. Give it the settings of the server.\n" +
			"With SQLite the server must not run meanwhile; docs/payments.md says more.",
	}
	cfg, _, err := cmd.Load(args, os.LookupEnv, os.ReadFile, os.Stderr)
	if err != nil {
		return err
	}
	return app.RepairPayments(ctx, cfg, surroundings("warn"))
}
