package main

import (
	"context"
	"os"

	"github.com/subspace-live/subspace/internal/app/demo"
	"github.com/subspace-live/subspace/internal/config"
)

func runDemo(ctx context.Context, args []string) error {
	cfg, err := config.Load(args, os.LookupEnv, os.ReadFile, os.Stderr)
	if err != nil {
		return err
	}
	return demo.Run(ctx, cfg, surroundings("warn"))
}
