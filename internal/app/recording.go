package app

import (
	"context"
	"path/filepath"

	"github.com/subspace-live/subspace/internal/adapter/media/hls"
	"github.com/subspace-live/subspace/internal/adapter/media/packager"
	recorder "github.com/subspace-live/subspace/internal/adapter/media/recording"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/live"
	"github.com/subspace-live/subspace/internal/domain/recording"
)

// keeping joins what is kept of lives: the books, the folder, and the way to it.
func (p *parts) keeping(s *Server, ids *ident.Source, node string, secret []byte) {
	p.recordings = &recording.Service{
		Store: store.UnitOf(s.db, as[recording.Tx]), IDs: ids, Now: s.sur.Now, Node: node, Allowed: s.cfg.Recordings == "on",
	}
	shelf := recorder.NewShelf(filepath.Join(s.cfg.Data, "recordings"))
	p.recorder = recorder.New(recorder.Config{
		Keeper: p.recordings, Shelf: shelf, Log: s.sur.Log, Reserve: recorder.UsualReserve,
		Told: func(c ident.Channel, why error) { p.hub.Trouble(c, why) },
	})
	p.replay = hls.NewReplay(hls.ReplayConfig{
		Gate: p.gate, Recordings: p.recordings, Shelf: shelf, Caller: p.caller,
		Secret: secret, Random: s.sur.Random, Node: node, Now: s.sur.Now, Log: s.sur.Log,
	})
}

// record hands a closed segment to the recorder.
func (p *parts) record(b live.Broadcast, s packager.Segment) {
	p.recorder.Add(b.ID, recorder.Segment{Init: s.Init.Bytes, Parts: s.Parts, At: s.Start, Length: s.Duration, Cut: s.Discontinuity})
}

// replayed is where somebody watches a recording; empty: its files are elsewhere.
func (p *parts) replayed(ctx context.Context, s access.Subject, r recording.Recording) (string, error) {
	c, err := p.channels.ByID(ctx, r.Channel)
	if err != nil {
		return "", err
	}
	return p.replay.Address(s.Account, c.Handle, r), nil
}
