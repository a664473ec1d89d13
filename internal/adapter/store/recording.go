package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/recording"
)

const selectRecording = `SELECT id, channel, title, audience, state, node, started, bytes, trouble, expires FROM recording `

// recordings reads those that a condition selects, with their stretches.
func (tx *Tx) recordings(ctx context.Context, where string, args ...any) ([]recording.Recording, error) {
	var out []recording.Recording
	place := map[ident.Broadcast]int{}
	err := tx.each(ctx, selectRecording+where, args, func(scan func(...any) error) error {
		var r recording.Recording
		var started, expires int64
		err := scan(&r.ID, &r.Channel, &r.Title, &r.Audience, &r.State, &r.Node, &started, &r.Bytes, &r.Trouble, &expires)
		r.Started, r.Expires = fromMillis(started), fromMillis(expires)
		place[r.ID] = len(out)
		out = append(out, r)
		return err
	})
	if err != nil || len(out) == 0 {
		return nil, err
	}
	ids := make([]ident.Broadcast, len(out))
	for i, r := range out {
		ids[i] = r.ID
	}
	which, these := among(tx, 1, ids)
	err = tx.each(ctx, `SELECT recording, at, begins, length FROM recording_stretch WHERE recording `+which+`
		ORDER BY recording, number`, these, func(scan func(...any) error) error {
		var id ident.Broadcast
		var at, begins, length int64
		err := scan(&id, &at, &begins, &length)
		r := &out[place[id]]
		r.Stretches = append(r.Stretches, recording.Stretch{At: fromMillis(at), Begins: time.Duration(begins) * time.Millisecond, Length: time.Duration(length) * time.Millisecond})
		return err
	})
	return out, err
}

// RecordingByID implements recording.Tx.
func (tx *Tx) RecordingByID(ctx context.Context, id ident.Broadcast) (recording.Recording, bool, error) {
	rs, err := tx.recordings(ctx, `WHERE id = $1`, id)
	if err != nil || len(rs) == 0 {
		return recording.Recording{}, false, err
	}
	return rs[0], true, nil
}

// RecordingsOf implements recording.Tx.
func (tx *Tx) RecordingsOf(ctx context.Context, channel ident.Channel, before time.Time, limit int) ([]recording.Recording, error) {
	return tx.recordings(ctx, `WHERE channel = $1 AND started < $2 AND state <> 'dropped' ORDER BY started DESC, id DESC LIMIT $3`,
		channel, millis(before), limit)
}

// InsertRecording implements recording.Tx.
func (tx *Tx) InsertRecording(ctx context.Context, r recording.Recording) error {
	_, err := tx.exec(ctx, `INSERT INTO recording (id, channel, title, audience, state, node, started, bytes, trouble, expires)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		r.ID, r.Channel, r.Title, string(r.Audience), string(r.State), r.Node, millis(r.Started), r.Bytes, r.Trouble, millis(r.Expires))
	return err
}

// GrowRecording implements recording.Tx.
func (tx *Tx) GrowRecording(ctx context.Context, id ident.Broadcast, started time.Time, bytes int64) (bool, error) {
	return tx.changed(ctx, `UPDATE recording SET started = $2, bytes = $3 WHERE id = $1 AND state = 'growing'`, id, millis(started), bytes)
}

// NarrowRecording implements recording.Tx.
func (tx *Tx) NarrowRecording(ctx context.Context, id ident.Broadcast) error {
	_, err := tx.exec(ctx, `UPDATE recording SET audience = 'subscribers' WHERE id = $1 AND state = 'growing'`, id)
	return err
}

// FinishRecording implements recording.Tx.
func (tx *Tx) FinishRecording(ctx context.Context, r recording.Recording) (bool, error) {
	return tx.changed(ctx, `UPDATE recording SET state = $2, trouble = $3, expires = $4 WHERE id = $1 AND state = 'growing'`,
		r.ID, string(r.State), r.Trouble, millis(r.Expires))
}

// EditRecording implements recording.Tx.
func (tx *Tx) EditRecording(ctx context.Context, r recording.Recording) (bool, error) {
	return tx.changed(ctx, `UPDATE recording SET title = $2, audience = $3, expires = $4 WHERE id = $1 AND state <> 'dropped'`,
		r.ID, r.Title, string(r.Audience), millis(r.Expires))
}

// DropRecording implements recording.Tx.
func (tx *Tx) DropRecording(ctx context.Context, id ident.Broadcast) (bool, error) {
	return tx.changed(ctx, `UPDATE recording SET state = 'dropped' WHERE id = $1 AND state <> 'dropped'`, id)
}

// SetStretch implements recording.Tx.
func (tx *Tx) SetStretch(ctx context.Context, id ident.Broadcast, number int, s recording.Stretch) error {
	_, err := tx.exec(ctx, `INSERT INTO recording_stretch (recording, number, at, begins, length) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (recording, number) DO UPDATE SET at = EXCLUDED.at, begins = EXCLUDED.begins, length = EXCLUDED.length`,
		id, number, millis(s.At), s.Begins.Milliseconds(), s.Length.Milliseconds())
	return err
}

// DropStretches implements recording.Tx.
func (tx *Tx) DropStretches(ctx context.Context, id ident.Broadcast, number int) error {
	_, err := tx.exec(ctx, `DELETE FROM recording_stretch WHERE recording = $1 AND number >= $2`, id, number)
	return err
}

// LeftBehind implements recording.Tx.
func (tx *Tx) LeftBehind(ctx context.Context, node string) ([]ident.Broadcast, error) {
	return tx.broadcastIDs(ctx, `SELECT r.id FROM recording r JOIN broadcast b ON b.id = r.id
		WHERE r.node = $1 AND r.state = 'growing' AND b.state = 'ended' ORDER BY r.id`, node)
}

// ExpiredRecordings implements recording.Tx.
func (tx *Tx) ExpiredRecordings(ctx context.Context, now time.Time) ([]ident.Broadcast, error) {
	return tx.broadcastIDs(ctx, `SELECT id FROM recording WHERE state = 'kept' AND expires > 0 AND expires <= $1 ORDER BY id`, millis(now))
}

// DroppedRecordings implements recording.Tx.
func (tx *Tx) DroppedRecordings(ctx context.Context, node string) ([]ident.Broadcast, error) {
	return tx.broadcastIDs(ctx, `SELECT id FROM recording WHERE state = 'dropped' AND node IN ($1, '') ORDER BY id`, node)
}

func (tx *Tx) broadcastIDs(ctx context.Context, query string, args ...any) ([]ident.Broadcast, error) {
	var ids []ident.Broadcast
	err := tx.each(ctx, query, args, func(scan func(...any) error) error {
		var id ident.Broadcast
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// ForgetRecording implements recording.Tx.
func (tx *Tx) ForgetRecording(ctx context.Context, id ident.Broadcast) error {
	const gone = ` IN (SELECT r.id FROM recording r JOIN broadcast b ON b.id = r.id WHERE r.state = 'dropped' AND b.state = 'ended')`
	for _, table := range []string{
		`DELETE FROM live_mark WHERE broadcast = $1 AND broadcast` + gone,
		`DELETE FROM recording_stretch WHERE recording = $1 AND recording` + gone,
		`DELETE FROM recording WHERE id = $1 AND id` + gone,
	} {
		if _, err := tx.exec(ctx, table, id); err != nil {
			return err
		}
	}
	return nil
}

// RecordingSetup implements recording.Tx.
func (tx *Tx) RecordingSetup(ctx context.Context, channel ident.Channel) (s recording.Setup, found bool, err error) {
	var keep int64
	found, err = tx.one(ctx, `SELECT keep, days FROM recording_setup WHERE channel = $1`, []any{channel}, &keep, &s.Days)
	s.Keep = keep == 1
	return s, found, err
}

// PutRecordingSetup implements recording.Tx.
func (tx *Tx) PutRecordingSetup(ctx context.Context, channel ident.Channel, s recording.Setup) error {
	_, err := tx.exec(ctx, `INSERT INTO recording_setup (channel, keep, days) VALUES ($1, $2, $3)
		ON CONFLICT (channel) DO UPDATE SET keep = EXCLUDED.keep, days = EXCLUDED.days`, channel, flag(s.Keep), s.Days)
	return err
}

// BroadcastOn implements recording.Tx.
func (tx *Tx) BroadcastOn(ctx context.Context, channel ident.Channel) (id ident.Broadcast, title string, open bool, err error) {
	// A live without a title is shown under the channel's; a recording keeps the one it had.
	var own string
	if open, err = tx.one(ctx, `SELECT b.id, b.title, c.title FROM broadcast b JOIN channel c ON c.id = b.channel
		WHERE b.channel = $1 AND b.state <> 'ended'`, []any{channel}, &id, &title, &own); title == "" {
		title = own
	}
	return id, title, open, err
}

// PutMark implements recording.Tx.
func (tx *Tx) PutMark(ctx context.Context, channel ident.Channel, m recording.Mark) error {
	_, err := tx.exec(ctx, `INSERT INTO live_mark (id, channel, broadcast, at, label) VALUES ($1, $2, $3, $4, $5)`,
		m.ID, channel, m.Broadcast, millis(m.At), m.Label)
	return err
}

// MarksOf implements recording.Tx.
func (tx *Tx) MarksOf(ctx context.Context, id ident.Broadcast) ([]recording.Mark, error) {
	var out []recording.Mark
	err := tx.each(ctx, `SELECT id, broadcast, at, label FROM live_mark WHERE broadcast = $1 ORDER BY at, id`, []any{id},
		func(scan func(...any) error) error {
			var m recording.Mark
			var at int64
			err := scan(&m.ID, &m.Broadcast, &at, &m.Label)
			m.At = fromMillis(at)
			out = append(out, m)
			return err
		})
	return out, err
}

// DropMark implements recording.Tx.
func (tx *Tx) DropMark(ctx context.Context, channel ident.Channel, id ident.Mark) (bool, error) {
	return tx.changed(ctx, `DELETE FROM live_mark WHERE channel = $1 AND id = $2`, channel, id)
}
