package store

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

const selectChannel = `SELECT c.id, c.handle, c.title, c.owner, a.name, c.space_open, c.live_audience, c.created, c.followers,
	c.preview_public, c.preview_space, COALESCE(s.name, '') FROM channel c JOIN account a ON a.id = c.owner LEFT JOIN space_setup s ON s.channel = c.id `

func scanChannel(scan func(...any) error) (channel.Channel, error) {
	var c channel.Channel
	var open, created, public, space int64
	err := scan(&c.ID, &c.Handle, &c.Title, &c.Owner, &c.OwnerName, &open, &c.LiveAudience, &created, &c.Followers, &public, &space, &c.SpaceName)
	c.SpaceOpen, c.Created = open == 1, fromMillis(created)
	c.Previews = room.Previews{Public: public == 1, Space: space == 1}
	return c, err
}

func (tx *Tx) channels(ctx context.Context, where string, args ...any) ([]channel.Channel, error) {
	var out []channel.Channel
	err := tx.each(ctx, selectChannel+where, args, func(scan func(...any) error) error {
		c, err := scanChannel(scan)
		out = append(out, c)
		return err
	})
	return out, err
}

func (tx *Tx) channelWhere(ctx context.Context, where string, arg any) (channel.Channel, bool, error) {
	cs, err := tx.channels(ctx, where, arg)
	if err != nil || len(cs) == 0 {
		return channel.Channel{}, false, err
	}
	return cs[0], true, nil
}

// ChannelByID implements channel.Tx.
func (tx *Tx) ChannelByID(ctx context.Context, id ident.Channel) (channel.Channel, bool, error) {
	return tx.channelWhere(ctx, `WHERE c.id = $1`, id)
}

// ChannelByHandle implements channel.Tx.
func (tx *Tx) ChannelByHandle(ctx context.Context, handle string) (channel.Channel, bool, error) {
	return tx.channelWhere(ctx, `WHERE c.handle = $1`, handle)
}

// Channels implements channel.Tx.
func (tx *Tx) Channels(ctx context.Context, limit int) ([]channel.Channel, error) {
	const live = `EXISTS (SELECT 1 FROM broadcast b WHERE b.channel = c.id AND b.state <> 'ended')`
	return tx.channels(ctx, `WHERE `+live+` OR c.id IN (SELECT id FROM channel ORDER BY created DESC, id DESC LIMIT $1)
		ORDER BY `+live+` DESC, c.created DESC, c.id DESC`, limit)
}

// InsertChannel implements channel.Tx.
func (tx *Tx) InsertChannel(ctx context.Context, c channel.Channel) (bool, error) {
	ok, err := tx.changed(ctx, `INSERT INTO channel (id, handle, title, owner, space_open, live_audience, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (handle) DO NOTHING`,
		c.ID, c.Handle, c.Title, c.Owner, flag(c.SpaceOpen), c.LiveAudience, millis(c.Created))
	if err != nil || !ok {
		return false, err
	}
	for _, audience := range []room.Audience{room.Public, room.Space, room.Business} {
		if _, err := tx.exec(ctx, `INSERT INTO log (id, channel, audience, level, head) VALUES ($1, $2, $3, 0, 0)`,
			ident.Make[ident.Log](tx.db.ids), c.ID, audience); err != nil {
			return false, err
		}
	}
	return true, nil
}

// SetChannel implements channel.Tx.
func (tx *Tx) SetChannel(ctx context.Context, c channel.Channel) error {
	_, err := tx.exec(ctx, `UPDATE channel SET title = $1, space_open = $2, live_audience = $3, preview_public = $4, preview_space = $5 WHERE id = $6`,
		c.Title, flag(c.SpaceOpen), c.LiveAudience, flag(c.Previews.Public), flag(c.Previews.Space), c.ID)
	return err
}

// Moderators implements channel.Tx.
func (tx *Tx) Moderators(ctx context.Context, id ident.Channel) ([]channel.Moderator, error) {
	var out []channel.Moderator
	err := tx.each(ctx, `SELECT a.id, a.name, m.grade FROM moderator m JOIN account a ON a.id = m.account WHERE m.channel = $1 ORDER BY m.grade DESC, a.name`,
		[]any{id}, func(scan func(...any) error) error {
			var m channel.Moderator
			err := scan(&m.ID, &m.Name, &m.Grade)
			out = append(out, m)
			return err
		})
	return out, err
}

// PutModerator implements channel.Tx.
func (tx *Tx) PutModerator(ctx context.Context, id ident.Channel, account ident.Account, grade access.Grade) error {
	_, err := tx.exec(ctx, `INSERT INTO moderator (channel, account, grade) VALUES ($1, $2, $3)
		ON CONFLICT (channel, account) DO UPDATE SET grade = excluded.grade`, id, account, int(grade))
	return err
}

// DropModerator implements channel.Tx.
func (tx *Tx) DropModerator(ctx context.Context, id ident.Channel, account ident.Account) (bool, error) {
	if _, err := tx.exec(ctx, `DELETE FROM dock WHERE channel = $1 AND account = $2`, id, account); err != nil {
		return false, err
	}
	return tx.changed(ctx, `DELETE FROM moderator WHERE channel = $1 AND account = $2`, id, account)
}
