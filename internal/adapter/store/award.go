package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

const grantColumns = `g.id, g.account, g.channel, g.tier, g.source, g.starts, g.ends, g.paid, g.revoked, g.months`

// scanGrant returns where to scan the columns to, and what to do after.
func scanGrant(g *subscription.Grant, more ...any) (dest []any, done func()) {
	var starts, ends, paid, revoked int64
	dest = append([]any{&g.ID, &g.Account, &g.Channel, &g.Tier, &g.Source, &starts, &ends, &paid, &revoked, &g.Months}, more...)
	return dest, func() {
		g.Starts, g.Ends, g.Paid, g.Revoked = fromMillis(starts), fromMillis(ends), fromMillis(paid), fromMillis(revoked)
	}
}

func (tx *Tx) grants(ctx context.Context, where string, args ...any) ([]subscription.Grant, error) {
	var out []subscription.Grant
	err := tx.each(ctx, `SELECT `+grantColumns+` FROM access_grant g WHERE `+where, args, func(scan func(...any) error) error {
		var g subscription.Grant
		dest, done := scanGrant(&g)
		err := scan(dest...)
		done()
		out = append(out, g)
		return err
	})
	return out, err
}

// GrantByID implements subscription.Tx.
func (tx *Tx) GrantByID(ctx context.Context, id ident.Grant) (subscription.Grant, bool, error) {
	return first(tx.grants(ctx, `g.id = $1`, id))
}

// GrantsOf implements subscription.Tx.
func (tx *Tx) GrantsOf(ctx context.Context, account ident.Account, channel ident.Channel) ([]subscription.Grant, error) {
	return tx.grants(ctx, `g.channel = $1 AND g.account = $2 ORDER BY g.starts, g.id`, channel, account)
}

func (tx *Tx) awards(ctx context.Context, where string, args ...any) ([]subscription.Award, error) {
	var out []subscription.Award
	query := `SELECT ` + grantColumns + `, w.key, w.by_account, w.note, w.created
		FROM award w JOIN access_grant g ON g.id = w.access_grant WHERE `
	err := tx.each(ctx, query+where, args, func(scan func(...any) error) error {
		var a subscription.Award
		var created int64
		dest, done := scanGrant(&a.Grant, &a.Key, &a.By, &a.Note, &created)
		err := scan(dest...)
		done()
		a.Created = fromMillis(created)
		out = append(out, a)
		return err
	})
	return out, err
}

// InsertAward implements subscription.Tx.
func (tx *Tx) InsertAward(ctx context.Context, a subscription.Award) (bool, error) {
	return tx.changed(ctx, `INSERT INTO award (access_grant, channel, account, key, by_account, note, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (channel, key) DO NOTHING`,
		a.Grant.ID, a.Grant.Channel, a.Grant.Account, a.Key, a.By, a.Note, millis(a.Created))
}

// AwardByKey implements subscription.Tx.
func (tx *Tx) AwardByKey(ctx context.Context, channel ident.Channel, key string) (subscription.Award, bool, error) {
	return first(tx.awards(ctx, `w.channel = $1 AND w.key = $2`, channel, key))
}

// AwardOf implements subscription.Tx.
func (tx *Tx) AwardOf(ctx context.Context, grant ident.Grant) (subscription.Award, bool, error) {
	return first(tx.awards(ctx, `w.access_grant = $1`, grant))
}

// AwardsOfGift implements subscription.Tx.
func (tx *Tx) AwardsOfGift(ctx context.Context, checkout ident.Checkout) ([]subscription.Award, error) {
	return tx.awards(ctx, `w.channel = (SELECT c.channel FROM checkout c WHERE c.id = $1) AND w.key LIKE $2 ORDER BY w.key`,
		checkout, subscription.SourceGift+":"+string(checkout)+":%")
}

// GiftCandidates implements subscription.Tx.
func (tx *Tx) GiftCandidates(ctx context.Context, channel ident.Channel, giver ident.Account, since, now time.Time, events int) ([]subscription.Receiver, error) {
	var out []subscription.Receiver
	err := tx.each(ctx, `SELECT e.author, a.name, MAX(CASE WHEN l.audience = 'public' AND e.kind = 'message.posted' THEN 1 ELSE 0 END)
		FROM log l JOIN event e ON e.log = l.id AND e.seq > l.head - $1
		JOIN channel c ON c.id = l.channel JOIN account a ON a.id = e.author
		WHERE l.channel = $2 AND l.audience IN ('public', 'space') AND e.at >= $3 AND e.author <> $4 AND e.author <> c.owner
		AND NOT EXISTS (SELECT 1 FROM access_grant g WHERE g.channel = l.channel AND g.account = e.author AND g.ends > $5 AND g.revoked = 0)
		AND NOT EXISTS (SELECT 1 FROM sanction s WHERE s.channel = l.channel AND s.account = e.author AND (s.until = 0 OR s.until > $6))
		AND NOT EXISTS (SELECT 1 FROM moderator m WHERE m.channel = l.channel AND m.account = e.author)
		GROUP BY e.author, a.name`,
		[]any{events, channel, millis(since), giver, millis(now), millis(now)}, func(scan func(...any) error) error {
			var r subscription.Receiver
			var known int64
			err := scan(&r.Account, &r.Name, &known)
			r.Known = known == 1
			out = append(out, r)
			return err
		})
	return out, err
}

// PutGift implements subscription.Tx.
func (tx *Tx) PutGift(ctx context.Context, g subscription.Gift) error {
	_, err := tx.exec(ctx, `INSERT INTO gift (checkout, given, left_over, settled) VALUES ($1, $2, $3, $4)
		ON CONFLICT (checkout) DO UPDATE SET settled = excluded.settled`, g.Checkout, g.Given, g.Left, flag(g.Settled))
	return err
}

// UnsettledGifts implements subscription.Tx.
func (tx *Tx) UnsettledGifts(ctx context.Context, after ident.Checkout, limit int) ([]subscription.Gift, error) {
	return tx.gifts(ctx, `settled = 0 AND checkout > $1
		AND NOT EXISTS (SELECT 1 FROM sale s WHERE s.checkout = gift.checkout AND s.dispute = 'open') ORDER BY checkout LIMIT $2`, after, limit)
}

// GiftOf implements subscription.Tx.
func (tx *Tx) GiftOf(ctx context.Context, checkout ident.Checkout) (subscription.Gift, bool, error) {
	return first(tx.gifts(ctx, `checkout = $1`, checkout))
}

func (tx *Tx) gifts(ctx context.Context, where string, args ...any) ([]subscription.Gift, error) {
	var out []subscription.Gift
	err := tx.each(ctx, `SELECT checkout, given, left_over, settled FROM gift WHERE `+where, args, func(scan func(...any) error) error {
		var g subscription.Gift
		var settled int64
		err := scan(&g.Checkout, &g.Given, &g.Left, &settled)
		g.Settled = settled == 1
		out = append(out, g)
		return err
	})
	return out, err
}
