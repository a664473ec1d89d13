package main

import (
	"context"
	"os"

	"github.com/subspace-live/subspace/internal/app/demo"
	"github.com/subspace-live/subspace/internal/config"
)

func runDemo(ctx context.Context, args []string) error {
	cmd := config.Command{
		Name:    "demo",
		Purpose: "Shows the product until it is asked to stop: a creator who is live, and people who talk.\nEverything is in a temporary folder, and gone afterwards.",
		Without: []string{"data", "database"},
	}
	cfg, _, err := cmd.Load(args, os.LookupEnv, os.ReadFile, os.Stderr)
	if err != nil {
		return err
	}
	return demo.Run(ctx, cfg, surroundings("warn"))
}
