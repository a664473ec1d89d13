package main

import (
	"context"
	"os"

	"github.com/subspace-live/subspace/internal/app"
	"github.com/subspace-live/subspace/internal/config"
)

func doctor(ctx context.Context, args []string) error {
	cfg, err := config.Load(args, os.LookupEnv, os.ReadFile, os.Stderr)
	if err != nil {
		return err
	}
	return app.Doctor(ctx, cfg, surroundings("warn"))
}
