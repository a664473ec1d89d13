package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"github.com/subspace-live/subspace/internal/app"
	"github.com/subspace-live/subspace/internal/config"
)

func serve(ctx context.Context, args []string) error {
	cfg, err := config.Load(args, os.LookupEnv, os.ReadFile, os.Stderr)
	if err != nil {
		return err
	}
	server, err := app.Open(ctx, cfg, surroundings(cfg.LogLevel))
	if err != nil {
		return err
	}
	return server.Run(ctx)
}

func surroundings(level string) app.Surroundings {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	return app.Surroundings{
		Version: version(), Now: time.Now,
		Log:  slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: l})),
		Tell: func(format string, args ...any) { fmt.Printf(format, args...) },
	}
}

// version is set by the build (see the Makefile).
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

func openapi() error {
	doc, err := app.OpenAPI(version())
	if err == nil {
		_, err = os.Stdout.Write(append(doc, '\n'))
	}
	return err
}
