package app

import (
	"crypto/rand"
	"log/slog"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/config"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/live"
)

func opened(t *testing.T, dir string) (*Server, error) {
	t.Helper()
	cfg := config.Default()
	cfg.Data, cfg.Listen, cfg.RTMPListen, cfg.RTCListen = dir, "127.0.0.1:0", "127.0.0.1:0", "off"
	return Open(t.Context(), cfg, Surroundings{
		Version: "test", Now: time.Now, Random: rand.Reader, Log: slog.New(slog.DiscardHandler),
	})
}

func TestFolderBelongsToOneServer(t *testing.T) {
	dir := t.TempDir()
	first, err := opened(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := opened(t, dir); !fault.Is(err, "data_in_use") {
		t.Errorf("a second server in the folder: %v", err)
	}
	if err := first.close(); err != nil {
		t.Fatal(err)
	}
	second, err := opened(t, dir)
	if err != nil {
		t.Fatalf("after the first has stopped: %v", err)
	}
	if err := second.close(); err != nil {
		t.Error(err)
	}
}

// A server that dies in the middle of a live finds it interrupted when it comes
// back, and not live for ever.
func TestLiveOfACrashedServerIsInterrupted(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	crashed, err := opened(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	p := crashed.parts
	secret, _, err := p.accounts.SetupSecret(ctx)
	if err != nil {
		t.Fatal(err)
	}
	owner, err := p.accounts.Found(ctx, secret, "Inès", "a good password", account.Visitor{Origin: "here"})
	if err != nil {
		t.Fatal(err)
	}
	by := owner.Session.Account.ID
	c, err := p.channels.Open(ctx, access.Facts{Account: by, Full: true, Operator: true}, "ines", "Glaze", "Inès")
	if err != nil {
		t.Fatal(err)
	}
	in, err := p.live.Ingest(ctx, by, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	began, err := p.live.Begin(ctx, in.Key)
	if err != nil {
		t.Fatal(err)
	}
	if err := crashed.close(); err != nil { // nobody tells the broadcast
		t.Fatal(err)
	}
	back, err := opened(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer back.close() //nolint:errcheck // the test is over
	b, open, err := back.parts.live.Current(ctx, c.ID)
	if err != nil || !open || b.ID != began.ID || b.State != live.Interrupted {
		t.Errorf("after the crash: %+v open %v (%v), want %s interrupted", b, open, err, began.ID)
	}
}
