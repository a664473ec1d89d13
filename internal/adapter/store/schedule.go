package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/schedule"
)

const planColumns = `id, channel, title, starts, minutes, private, cancelled, revision, changed, due, said_starts, said_cancelled`

func scanPlan(scan func(...any) error, more ...any) (schedule.Kept, error) {
	var k schedule.Kept
	var starts, minutes, private, cancelled, changed, due, saidStarts, saidCancelled int64
	err := scan(append([]any{
		&k.ID, &k.Channel, &k.Title, &starts, &minutes, &private, &cancelled, &k.Revision, &changed, &due, &saidStarts, &saidCancelled,
	}, more...)...)
	k.Starts, k.Length, k.Changed = fromMillis(starts), time.Duration(minutes)*time.Minute, fromMillis(changed)
	k.Private, k.Cancelled = private == 1, cancelled == 1
	k.Due, k.SaidStarts, k.SaidCancelled = fromMillis(due), fromMillis(saidStarts), saidCancelled == 1
	return k, err
}

func (tx *Tx) plans(ctx context.Context, where string, args ...any) ([]schedule.Kept, error) {
	var out []schedule.Kept
	err := tx.each(ctx, `SELECT `+planColumns+` FROM planned_live `+where, args, func(scan func(...any) error) error {
		k, err := scanPlan(scan)
		out = append(out, k)
		return err
	})
	return out, err
}

// PutPlan implements schedule.Tx.
func (tx *Tx) PutPlan(ctx context.Context, k schedule.Kept) error {
	_, err := tx.exec(ctx, `INSERT INTO planned_live (`+planColumns+`, ends, mailing, mailed_to)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, '') ON CONFLICT (id) DO UPDATE SET title = excluded.title,
		starts = excluded.starts, minutes = excluded.minutes, cancelled = excluded.cancelled, revision = excluded.revision, changed = excluded.changed,
		due = excluded.due, said_starts = excluded.said_starts, said_cancelled = excluded.said_cancelled, ends = excluded.ends`,
		k.ID, k.Channel, k.Title, millis(k.Starts), int64(k.Length/time.Minute), flag(k.Private), flag(k.Cancelled), k.Revision, millis(k.Changed),
		millis(k.Due), millis(k.SaidStarts), flag(k.SaidCancelled), millis(k.Ends()))
	return err
}

// PlanByID implements schedule.Tx.
func (tx *Tx) PlanByID(ctx context.Context, channel ident.Channel, id ident.Plan) (schedule.Kept, bool, error) {
	ps, err := tx.plans(ctx, `WHERE channel = $1 AND id = $2`, channel, id)
	if err != nil || len(ps) == 0 {
		return schedule.Kept{}, false, err
	}
	return ps[0], true, nil
}

// Plans implements schedule.Tx.
func (tx *Tx) Plans(ctx context.Context, channel ident.Channel, after time.Time, limit int) ([]schedule.Kept, error) {
	return tx.plans(ctx, `WHERE channel = $1 AND ends > $2 ORDER BY starts, id LIMIT $3`, channel, millis(after), limit)
}

// DuePlans implements schedule.Tx.
func (tx *Tx) DuePlans(ctx context.Context, now time.Time, limit int) ([]schedule.Kept, error) {
	return tx.plans(ctx, `WHERE due > 0 AND due <= $1 ORDER BY due LIMIT $2`, millis(now), limit)
}

// PutFeed implements schedule.FeedTx.
func (tx *Tx) PutFeed(ctx context.Context, who access.Subject, hash string, created time.Time) error {
	_, err := tx.exec(ctx, `INSERT INTO calendar_feed (account, channel, hash, created) VALUES ($1, $2, $3, $4)
		ON CONFLICT (account, channel) DO UPDATE SET hash = excluded.hash, created = excluded.created`,
		who.Account, who.Channel, hash, millis(created))
	return err
}

// DropFeed implements schedule.FeedTx.
func (tx *Tx) DropFeed(ctx context.Context, who access.Subject) error {
	_, err := tx.exec(ctx, `DELETE FROM calendar_feed WHERE account = $1 AND channel = $2`, who.Account, who.Channel)
	return err
}

// HasFeed implements schedule.FeedTx.
func (tx *Tx) HasFeed(ctx context.Context, who access.Subject) (bool, error) {
	var n int
	return tx.one(ctx, `SELECT 1 FROM calendar_feed WHERE account = $1 AND channel = $2`, []any{who.Account, who.Channel}, &n)
}

// FeedOf implements schedule.FeedTx.
func (tx *Tx) FeedOf(ctx context.Context, hash string) (who access.Subject, found bool, err error) {
	found, err = tx.one(ctx, `SELECT account, channel FROM calendar_feed WHERE hash = $1`, []any{hash}, &who.Account, &who.Channel)
	return who, found, err
}

// PutScheduleMail implements schedule.LetterTx.
func (tx *Tx) PutScheduleMail(ctx context.Context, who access.Subject, since time.Time) error {
	_, err := tx.exec(ctx, `INSERT INTO schedule_mail (channel, account, since) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		who.Channel, who.Account, millis(since))
	return err
}

// DropScheduleMail implements schedule.LetterTx.
func (tx *Tx) DropScheduleMail(ctx context.Context, who access.Subject) error {
	_, err := tx.exec(ctx, `DELETE FROM schedule_mail WHERE channel = $1 AND account = $2`, who.Channel, who.Account)
	return err
}

// WantsScheduleMail implements schedule.LetterTx.
func (tx *Tx) WantsScheduleMail(ctx context.Context, who access.Subject) (bool, error) {
	var n int
	return tx.one(ctx, `SELECT 1 FROM schedule_mail WHERE channel = $1 AND account = $2`, []any{who.Channel, who.Account}, &n)
}

// ScheduleReaders implements schedule.LetterTx.
func (tx *Tx) ScheduleReaders(ctx context.Context, channel ident.Channel, after ident.Account, limit int) (out []ident.Account, err error) {
	err = tx.each(ctx, `SELECT account FROM schedule_mail WHERE channel = $1 AND account > $2 ORDER BY account LIMIT $3`,
		[]any{channel, after, limit}, func(scan func(...any) error) error {
			var id ident.Account
			err := scan(&id)
			out = append(out, id)
			return err
		})
	return out, err
}

// BeginMailing implements schedule.LetterTx.
func (tx *Tx) BeginMailing(ctx context.Context, id ident.Plan, news schedule.News) error {
	_, err := tx.exec(ctx, `UPDATE planned_live SET mailing = $1, mailed_to = '' WHERE id = $2`, int64(news), id)
	return err
}

// SetMailing implements schedule.LetterTx.
func (tx *Tx) SetMailing(ctx context.Context, id ident.Plan, after ident.Account) error {
	_, err := tx.exec(ctx, `UPDATE planned_live SET mailed_to = $1, mailing = CASE WHEN $1 = '' THEN 0 ELSE mailing END WHERE id = $2`, after, id)
	return err
}

// Mailings implements schedule.LetterTx.
func (tx *Tx) Mailings(ctx context.Context, limit int) (out []schedule.Mailing, err error) {
	err = tx.each(ctx, `SELECT `+planColumns+`, mailing, mailed_to FROM planned_live WHERE mailing > 0 ORDER BY id LIMIT $1`, []any{limit},
		func(scan func(...any) error) error {
			var m schedule.Mailing
			var news int64
			var err error
			m.Kept, err = scanPlan(scan, &news, &m.After)
			m.News = schedule.News(news)
			out = append(out, m)
			return err
		})
	return out, err
}
