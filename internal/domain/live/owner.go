package live

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Current returns the channel's open broadcast; false while it is offline.
func (s *Service) Current(ctx context.Context, channel ident.Channel) (b Broadcast, open bool, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		b, open, err = tx.OpenBroadcast(ctx, channel)
		return err
	})
	return b, open, err
}

// Open returns the open broadcasts of all channels, oldest first.
func (s *Service) Open(ctx context.Context) (bs []Broadcast, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		bs, err = tx.OpenBroadcasts(ctx)
		return err
	})
	return bs, err
}

// End is the owner ending the broadcast. Without one it is the fault 'not_live'.
func (s *Service) End(ctx context.Context, by ident.Account, channel ident.Channel) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		if err := s.own(ctx, tx, by, channel); err != nil {
			return err
		}
		b, open, err := tx.OpenBroadcast(ctx, channel)
		if err != nil {
			return err
		}
		if !open {
			return fault.New(fault.Conflict, "not_live", "There is no broadcast to end.")
		}
		return s.end(ctx, tx, b)
	})
}

// Retitle names the running broadcast and those to come.
func (s *Service) Retitle(ctx context.Context, by ident.Account, channel ident.Channel, title string) error {
	title, err := CleanTitle(title)
	if err != nil {
		return err
	}
	return s.Store.Update(ctx, func(tx Tx) error {
		if err := s.own(ctx, tx, by, channel); err != nil {
			return err
		}
		in, err := s.ingest(ctx, tx, channel)
		if err != nil {
			return err
		}
		in.Title = title
		if err := tx.PutIngest(ctx, in); err != nil {
			return err
		}
		b, open, err := tx.OpenBroadcast(ctx, channel)
		if err != nil || !open || b.Title == title {
			return err
		}
		b.Title = title
		if err := tx.SetBroadcast(ctx, b); err != nil {
			return err
		}
		return tell(ctx, tx, b, event.LiveTitled{Broadcast: b.ID, Title: title})
	})
}

// Ingest shows the owner the stream key, making the channel's first one when
// there is none yet.
func (s *Service) Ingest(ctx context.Context, by ident.Account, channel ident.Channel) (Ingest, error) {
	var in Ingest
	err := s.Store.Update(ctx, func(tx Tx) (err error) {
		if err = s.own(ctx, tx, by, channel); err != nil {
			return err
		}
		in, err = s.ingest(ctx, tx, channel)
		return err
	})
	return in, err
}

// RotateKey replaces the stream key. The old one is void with the commit: an
// encoder that sends with it is cut off and the broadcast waits for the new key.
func (s *Service) RotateKey(ctx context.Context, by ident.Account, channel ident.Channel) (Ingest, error) {
	var in Ingest
	err := s.Store.Update(ctx, func(tx Tx) (err error) {
		if err = s.own(ctx, tx, by, channel); err != nil {
			return err
		}
		if in, err = s.ingest(ctx, tx, channel); err != nil {
			return err
		}
		in.Key = newKey(s.Random)
		if err = tx.PutIngest(ctx, in); err != nil {
			return err
		}
		b, open, err := tx.OpenBroadcast(ctx, channel)
		if err != nil || !open || b.State != Live {
			return err
		}
		b.Take++ // the encoder's own end can no longer speak for the broadcast
		return s.interrupt(ctx, tx, b)
	})
	return in, err
}

// own lets only the channel's creator pass. It locks the channel's logs first.
func (s *Service) own(ctx context.Context, tx Tx, by ident.Account, channel ident.Channel) error {
	_, err := access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: channel}, access.RunChannel, s.Now())
	return err
}

func (s *Service) ingest(ctx context.Context, tx Tx, channel ident.Channel) (Ingest, error) {
	in, found, err := tx.IngestOf(ctx, channel)
	if err != nil || found {
		return in, err
	}
	in = Ingest{Channel: channel, Key: newKey(s.Random)}
	return in, tx.PutIngest(ctx, in)
}
