package main

import (
	"context"
	"os"

	"github.com/subspace-live/subspace/internal/app"
	"github.com/subspace-live/subspace/internal/config"
)

// where names the settings that say which server is meant.
func where() []string { return []string{"data", "database"} }

func doctor(ctx context.Context, args []string) error {
	cmd := config.Command{
		Name:    "doctor",
		Purpose: "Looks whether the database keeps its promises, and prints a line for each. It only reads: the server may run meanwhile.",
		Only:    append(where(), "patrons"),
	}
	cfg, _, err := cmd.Load(args, os.LookupEnv, os.ReadFile, os.Stderr)
	if err != nil {
		return err
	}
	return app.Doctor(ctx, cfg, surroundings("warn"))
}
