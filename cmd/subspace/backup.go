package main

import (
	"context"
	"os"

	"github.com/subspace-live/subspace/internal/app"
	"github.com/subspace-live/subspace/internal/config"
)

func backup(ctx context.Context, args []string) error {
	cmd := config.Command{
		Name:     "backup",
		Purpose:  "Copies everything a server keeps into DIR, a folder that does not exist yet. The server may run meanwhile.",
		Operands: []string{"DIR"}, Only: where(),
	}
	cfg, operands, err := cmd.Load(args, os.LookupEnv, os.ReadFile, os.Stderr)
	if err != nil {
		return err
	}
	return app.Backup(ctx, cfg, surroundings(cfg.LogLevel), operands[0])
}

func restore(ctx context.Context, args []string) error {
	cmd := config.Command{
		Name: "restore",
		Purpose: "Fills an empty data folder and an empty database with the backup in DIR. The server must not run.\n" +
			"A backup of either kind of database fills either: this is also how a server moves from SQLite to PostgreSQL.",
		Operands: []string{"DIR"}, Only: where(),
	}
	cfg, operands, err := cmd.Load(args, os.LookupEnv, os.ReadFile, os.Stderr)
	if err != nil {
		return err
	}
	return app.Restore(ctx, cfg, surroundings(cfg.LogLevel), operands[0])
}
