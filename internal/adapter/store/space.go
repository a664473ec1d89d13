package store

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/space"
)

// SpaceSetup implements space.SetupTx.
func (tx *Tx) SpaceSetup(ctx context.Context, channel ident.Channel) (space.Setup, error) {
	s := space.Setup{Channel: channel, Level: 1}
	var livesOnly, people, reply, line int64
	_, err := tx.one(ctx, `SELECT name, welcome, level, lives_only, tell_people, tell_reply, tell_line, line, picture
		FROM space_setup WHERE channel = $1`, []any{channel},
		&s.Name, &s.Welcome, &s.Level, &livesOnly, &people, &reply, &line, &s.Teaser.Words, &s.Picture)
	s.LivesOnly = livesOnly == 1
	s.Teaser.People, s.Teaser.Reply, s.Teaser.Line = people == 1, reply == 1, line == 1
	return s, err
}

// PutSpaceSetup implements space.SetupTx.
func (tx *Tx) PutSpaceSetup(ctx context.Context, s space.Setup) error {
	_, err := tx.exec(ctx, `INSERT INTO space_setup (channel, name, welcome, level, lives_only, tell_people, tell_reply, tell_line, line, picture, png)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', '') ON CONFLICT (channel) DO UPDATE SET name = excluded.name, welcome = excluded.welcome,
		level = excluded.level, lives_only = excluded.lives_only, tell_people = excluded.tell_people, tell_reply = excluded.tell_reply,
		tell_line = excluded.tell_line, line = excluded.line`,
		s.Channel, s.Name, s.Welcome, s.Level, flag(s.LivesOnly), flag(s.Teaser.People), flag(s.Teaser.Reply), flag(s.Teaser.Line), s.Teaser.Words)
	return err
}

// PutSpacePicture implements space.SetupTx.
func (tx *Tx) PutSpacePicture(ctx context.Context, channel ident.Channel, picture string, png []byte) (bool, error) {
	return tx.changed(ctx, `INSERT INTO space_setup (channel, name, welcome, level, lives_only, tell_people, tell_reply, tell_line, line, picture, png)
		VALUES ($1, '', '', 1, 0, 0, 0, 0, '', $2, $3) ON CONFLICT (channel) DO UPDATE SET picture = excluded.picture, png = excluded.png
		WHERE space_setup.picture <> excluded.picture`,
		channel, picture, base64.StdEncoding.EncodeToString(png))
}

// SpacePicture implements space.SetupTx.
func (tx *Tx) SpacePicture(ctx context.Context, channel ident.Channel, picture string) (png []byte, found bool, err error) {
	var text string
	found, err = tx.one(ctx, `SELECT png FROM space_setup WHERE channel = $1 AND picture = $2 AND picture <> ''`, []any{channel, picture}, &text)
	if err == nil && found {
		png, err = base64.StdEncoding.DecodeString(text)
	}
	return png, found, err
}

// lookedBack is how many of the newest events of a log are looked through for its
// last message: a room in which so much else happened since has none to tell of.
const lookedBack = 500

// LastMessage implements space.SetupTx.
func (tx *Tx) LastMessage(ctx context.Context, at room.Address, by time.Time) (time.Time, error) {
	log, err := tx.logID(ctx, at)
	if err != nil {
		return time.Time{}, err
	}
	posted, _ := event.MessagePosted{}.EventKind()
	var last int64
	_, err = tx.one(ctx, `SELECT at FROM event WHERE log = $1 AND seq > (SELECT head FROM log WHERE id = $1) - $2
		AND kind = $3 AND at <= $4 ORDER BY seq DESC LIMIT 1`, []any{log, lookedBack, posted, millis(by)}, &last)
	return fromMillis(last), err
}
