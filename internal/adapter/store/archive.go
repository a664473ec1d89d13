package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// archivePage is how many records are read at once.
const archivePage = 200

// chapter is one kind of thing that is kept of a person. Its query is handed the
// account, the bookmark's word and number, and how many to return at most; it
// answers with the next bookmark's word and number, and then the columns.
type chapter struct {
	name    string
	query   string
	columns []kept
}

// kept is a column of a chapter and how it is told.
type kept struct {
	name string
	as   func(scanned any) (any, error) // nil: as it is
}

// chapters lists what is kept of a person.
//
// This is the place for yours: who adds a table that holds something of a person
// adds a chapter. It tells what the person did, said, paid or was given; names and
// words of others stay out of it, also when they stand in the same row.
func chapters() []chapter {
	return slices.Concat(accountChapters(), channelChapters(), roomChapters(), questionChapters(), rightChapters(), moneyChapters(), payoutChapters())
}

func accountChapters() []chapter {
	return []chapter{
		{
			"account", `SELECT a.id, 0, a.id, a.name, a.operator, a.language, a.created FROM account a` + only(`a.id`, `a.id`),
			[]kept{word("id"), word("name"), truth("operator"), word("language"), moment("created_at")},
		},
		{
			"addresses", `SELECT m.state, 0, m.mail, m.state, m.since FROM address m` + only(`m.account`, `m.state`),
			[]kept{word("address"), word("state"), moment("since")},
		},
		{
			"passkeys", `SELECT p.id, 0, p.name, p.created, p.used FROM passkey p` + only(`p.account`, `p.id`),
			[]kept{word("name"), moment("created_at"), moment("used_at")},
		},
		{
			"sessions", `SELECT s.id, 0, s.browser, s.system, s.created, s.seen, s.expires FROM session s` + only(`s.account`, `s.id`),
			[]kept{word("browser"), word("system"), moment("created_at"), moment("seen_on"), moment("expires_at")},
		},
		{
			"channels", `SELECT c.id, 0, c.handle, c.title, c.created FROM channel c` + only(`c.owner`, `c.id`),
			[]kept{word("channel"), word("title"), moment("created_at")},
		},
	}
}

func channelChapters() []chapter {
	return []chapter{
		{
			"moderates", `SELECT m.channel, 0, c.handle FROM moderator m JOIN channel c ON c.id = m.channel` + only(`m.account`, `m.channel`),
			[]kept{word("channel")},
		},
		{ // whom it was about, why and how things stood are somebody else's
			"acts", `SELECT e.id, 0, c.handle, e.act, e.as_grade, e.at FROM audit e JOIN channel c ON c.id = e.channel` + only(`e.by_account`, `e.id`),
			[]kept{word("channel"), word("act"), word("as"), moment("at")},
		},
		{ // a note on the person is among staff
			"notes", `SELECT n.id, 0, c.handle, n.text, n.at FROM note n JOIN channel c ON c.id = n.channel` + only(`n.by_account`, `n.id`),
			[]kept{word("channel"), word("text"), moment("at")},
		},
		{
			"blocked_terms", `SELECT t.channel || ' ' || t.folded, 0, c.handle, t.term, t.added FROM term t
				JOIN channel c ON c.id = t.channel` + only(`t.by_account`, `t.channel || ' ' || t.folded`),
			[]kept{word("channel"), word("term"), moment("blocked_at")},
		},
		{
			"follows", `SELECT f.channel, 0, c.handle, f.since FROM follow f JOIN channel c ON c.id = f.channel` + only(`f.account`, `f.channel`),
			[]kept{word("channel"), moment("since")},
		},
		{
			"sub_spaces", `SELECT s.channel, 0, c.handle, s.name, s.welcome, s.line FROM space_setup s
				JOIN channel c ON c.id = s.channel` + only(`c.owner`, `s.channel`),
			[]kept{word("channel"), word("name"), word("welcome"), word("line")},
		},
		{
			"overlays", `SELECT o.channel, 0, c.handle, o.goal_words, o.goal_of FROM overlay_setup o
				JOIN channel c ON c.id = o.channel` + only(`c.owner`, `o.channel`),
			[]kept{word("channel"), word("goal_words"), number("goal_of")},
		},
		{ // the address opens the dock, and nobody keeps it
			"docks", `SELECT d.id, 0, c.handle, d.label, d.role, d.made, d.used FROM dock d
				JOIN channel c ON c.id = d.channel` + only(`d.account`, `d.id`),
			[]kept{word("channel"), word("label"), word("as"), moment("made_at"), moment("used_at")},
		},
		{
			"planned_lives", `SELECT p.id, 0, c.handle, p.title, p.starts, p.minutes, p.private, p.cancelled, p.changed FROM planned_live p
				JOIN channel c ON c.id = p.channel` + only(`c.owner`, `p.id`),
			[]kept{word("channel"), word("title"), moment("starts"), number("minutes"), truth("private"), truth("cancelled"), moment("changed_at")},
		},
		{ // the address opens itself, and nobody keeps it
			"calendars", `SELECT f.channel, 0, c.handle, f.created FROM calendar_feed f
				JOIN channel c ON c.id = f.channel` + only(`f.account`, `f.channel`),
			[]kept{word("channel"), moment("created_at")},
		},
		{
			"schedule_letters", `SELECT m.channel, 0, c.handle, m.since FROM schedule_mail m
				JOIN channel c ON c.id = m.channel` + only(`m.account`, `m.channel`),
			[]kept{word("channel"), moment("since")},
		},
	}
}

func roomChapters() []chapter {
	return []chapter{
		{
			"messages", `SELECT e.log, e.seq, c.handle, l.audience, e.at, e.seq, e.answers, e.body FROM event e
				JOIN log l ON l.id = e.log JOIN channel c ON c.id = l.channel` +
				` WHERE e.author = $1 AND (e.log, e.seq) > ($2, $3) AND e.kind = 'message.posted' ORDER BY e.log, e.seq LIMIT $4`,
			[]kept{word("channel"), word("room"), moment("at"), number("seq"), number("answers"), {"text", ownWords}},
		},
		{
			"threads", `SELECT t.id, 0, c.handle, t.kind, t.title, t.prompt, t.opened FROM thread t
				JOIN channel c ON c.id = t.channel` + only(`t.opener`, `t.id`),
			[]kept{word("channel"), word("kind"), word("title"), word("prompt"), moment("opened_at")},
		},
		{
			"read", `SELECT r.log, 0, c.handle, l.audience, r.seq FROM reading r
				JOIN log l ON l.id = r.log JOIN channel c ON c.id = l.channel` + only(`r.account`, `r.log`),
			[]kept{word("channel"), word("room"), number("up_to_seq")},
		},
		{
			"visits", `SELECT v.channel, 0, c.handle, v.since, v.until, v.last FROM visit v JOIN channel c ON c.id = v.channel` + only(`v.account`, `v.channel`),
			[]kept{word("channel"), moment("away_since"), moment("away_until"), moment("last_seen_at")},
		},
		{ // what was said are somebody else's words
			"mentions", `SELECT m.log, m.seq, c.handle, l.audience, m.seq, m.at FROM mention m
				JOIN log l ON l.id = m.log JOIN channel c ON c.id = l.channel` +
				` WHERE m.account = $1 AND (m.log, m.seq) > ($2, $3) ORDER BY m.log, m.seq LIMIT $4`,
			[]kept{word("channel"), word("room"), number("seq"), moment("at")},
		},
		{ // whom they are about stays out
			"reactions", `SELECT r.log || ' ' || r.emoji, r.seq, c.handle, l.audience, r.seq, r.emoji, r.at FROM reaction r
				JOIN log l ON l.id = r.log JOIN channel c ON c.id = l.channel` +
				` WHERE r.account = $1 AND (r.log || ' ' || r.emoji, r.seq) > ($2, $3) ORDER BY r.log || ' ' || r.emoji, r.seq LIMIT $4`,
			[]kept{word("channel"), word("room"), number("seq"), word("emoji"), moment("at")},
		},
		{
			"pins", `SELECT p.log, 0, c.handle, l.audience, p.seq, p.at FROM pin p
				JOIN log l ON l.id = p.log JOIN channel c ON c.id = l.channel` + only(`p.by_account`, `p.log`),
			[]kept{word("channel"), word("room"), number("seq"), moment("at")},
		},
	}
}

func questionChapters() []chapter {
	return []chapter{
		{
			"questions", `SELECT q.id, 0, c.handle, q.room, q.audience, q.text, q.shown, q.state, q.asked, q.aired, q.answered FROM question q
				JOIN channel c ON c.id = q.channel` + only(`q.asker`, `q.id`),
			[]kept{
				word("channel"), word("room"), word("audience"), word("text"), word("shown_as"), word("state"), moment("asked_at"), moment("aired_at"), moment("answered_at"),
			},
		},
		{
			"question_votes", `SELECT v.question, 0, c.handle, v.question, v.at FROM question_vote v JOIN question q ON q.id = v.question
				JOIN channel c ON c.id = q.channel` + only(`v.account`, `v.question`),
			[]kept{word("channel"), word("question"), moment("at")},
		},
		{
			"polls", `SELECT p.id, 0, c.handle, l.audience, p.question, p.opened, p.closed FROM poll p
				JOIN log l ON l.id = p.log JOIN channel c ON c.id = l.channel` + only(`p.opener`, `p.id`),
			[]kept{word("channel"), word("room"), word("question"), moment("opened_at"), moment("closed_at")},
		},
		{ // what the choice was called are the creator's words
			"poll_votes", `SELECT v.poll, 0, c.handle, l.audience, v.poll, v.choice, v.at FROM poll_vote v JOIN poll p ON p.id = v.poll
				JOIN log l ON l.id = p.log JOIN channel c ON c.id = l.channel` + only(`v.account`, `v.poll`),
			[]kept{word("channel"), word("room"), word("poll"), number("option"), moment("at")},
		},
		{
			"question_replies", `SELECT q.id, 0, c.handle, q.reply, q.answered FROM question q
				JOIN channel c ON c.id = q.channel` + only(`q.replied_by`, `q.id`),
			[]kept{word("channel"), word("text"), moment("at")},
		},
	}
}

func rightChapters() []chapter {
	return []chapter{
		{
			"rights", `SELECT g.id, 0, c.handle, g.source, g.starts, g.ends, g.revoked, g.months FROM access_grant g
				JOIN channel c ON c.id = g.channel` + only(`g.account`, `g.id`),
			[]kept{word("channel"), word("source"), moment("starts"), moment("ends"), moment("revoked_at"), number("months")},
		},
		{ // the reason is a note among moderators, and who imposed it is somebody else
			"sanctions", `SELECT s.channel, 0, c.handle, s.kind, s.starts, s.until FROM sanction s
				JOIN channel c ON c.id = s.channel` + only(`s.account`, `s.channel`),
			[]kept{word("channel"), word("kind"), moment("starts"), moment("until")},
		},
	}
}

func moneyChapters() []chapter {
	return []chapter{
		{ // whom a gift was for stays out, and on which card the provider put it is in the payment
			"purchases", `SELECT k.id, 0, c.handle, k.purpose, k.period, k.price_minor, k.currency, k.quantity, k.named, k.country, k.state, k.terms,
				k.created FROM checkout k JOIN channel c ON c.id = k.channel` + only(`k.account`, `k.id`),
			[]kept{
				word("channel"), word("purpose"), word("period"), number("price_minor"), word("currency"), number("quantity"), truth("named"), word("country"),
				word("state"), word("terms"), moment("created_at"),
			},
		},
		{
			"papers", `SELECT p.key, 0, p.kind, p.number, p.corrects, p.buyer_name, p.issued, p.line, p.gross_minor, p.currency,
				p.tax_minor, p.country FROM paper p` + only(`p.buyer`, `p.key`),
			[]kept{
				word("kind"), word("number"), word("corrects"), word("buyer"), moment("issued_at"), word("line"),
				number("gross_minor"), word("currency"), number("tax_minor"), word("country"),
			},
		},
		{
			"limits", `SELECT b.account, 0, b.of_age, b.cap_minor, b.next_minor, b.raised FROM buyer b` + only(`b.account`, `b.account`),
			[]kept{moment("of_age_since"), number("weekly_minor"), number("next_weekly_minor"), moment("raised_at")},
		},
		{ // what is being charged at this moment
			"promises", `SELECT p.key, 0, p.price_minor, p.currency, p.made FROM promise p` + only(`p.account`, `p.key`),
			[]kept{number("price_minor"), word("currency"), moment("made_at")},
		},
		{
			"trials", `SELECT u.channel, 0, c.handle FROM trial_use u JOIN channel c ON c.id = u.channel` + only(`u.account`, `u.channel`),
			[]kept{word("channel")},
		},
		{ // the note is the creator's, and who gave it is somebody else
			"awards", `SELECT w.access_grant, 0, c.handle, w.created FROM award w JOIN channel c ON c.id = w.channel` + only(`w.account`, `w.access_grant`),
			[]kept{word("channel"), moment("created_at")},
		},
		{
			"subscriptions", `SELECT s.id, 0, c.handle, s.state, s.period, s.price_minor, s.currency, s.started, s.trial_end, s.period_end, s.ended,
				s.months, s.cancel_at_period_end, s.card_brand, s.card_last4 FROM subscription s JOIN channel c ON c.id = s.channel` + only(`s.account`, `s.id`),
			[]kept{
				word("channel"), word("state"), word("period"), number("price_minor"), word("currency"), moment("started_at"), moment("trial_end"),
				moment("period_end"), moment("ended_at"), number("months"), truth("cancel_at_period_end"), word("card_brand"), word("card_last4"),
			},
		},
		{
			"payments", `SELECT s.provider || ' ' || s.charge, 0, c.handle, s.kind, s.period, s.total_minor, s.currency, s.tax_minor, s.country, s.at, s.refunded_minor,
				s.refunded, s.card_last4 FROM sale s JOIN channel c ON c.id = s.channel` + only(`s.buyer`, `s.provider || ' ' || s.charge`),
			[]kept{
				word("channel"), word("kind"), word("period"), number("total_minor"), word("currency"), number("tax_minor"), word("country"),
				moment("at"), number("refunded_minor"), moment("refunded_at"), word("card_last4"),
			},
		},
	}
}

// payoutChapters are of the channels that the person owns.
func payoutChapters() []chapter {
	return []chapter{
		{
			"payees", `SELECT y.channel, 0, c.handle, y.name, y.address, y.tax_id, y.changed FROM payee y JOIN channel c ON c.id = y.channel` + only(`c.owner`, `y.channel`),
			[]kept{word("channel"), word("name"), word("address"), word("tax_id"), moment("changed_at")},
		},
		{
			"payouts", `SELECT o.id, 0, c.handle, o.provider, o.account, o.amount_minor, o.currency, o.state, o.decided, o.settled FROM payout o
				JOIN channel c ON c.id = o.channel` + only(`c.owner`, `o.id`),
			[]kept{
				word("channel"), word("provider"), word("account"), number("amount_minor"), word("currency"), word("state"), moment("decided_at"), moment("settled_at"),
			},
		},
		{
			"statements", `SELECT n.key, 0, c.handle, n.number, n.seller_name, n.seller_address, n.seller_tax_id, n.issued,
				(SELECT l.minor FROM statement_line l WHERE l.statement = n.key AND l.what = 'paid'), n.currency FROM statement n
				JOIN channel c ON c.id = n.channel` + only(`c.owner`, `n.key`),
			[]kept{
				word("channel"), word("number"), word("name"), word("address"), word("tax_id"), moment("issued_at"), number("paid_minor"), word("currency"),
			},
		},
	}
}

// only selects an account's rows by a name in order.
func only(holder, name string) string {
	return ` WHERE ` + holder + ` = $1 AND ` + name + ` > $2 AND 0 = $3 ORDER BY ` + name + ` LIMIT $4`
}

func word(name string) kept   { return kept{name, nil} }
func number(name string) kept { return kept{name, nil} }

func truth(name string) kept {
	return kept{name, func(v any) (any, error) { return v == int64(1), nil }}
}

func moment(name string) kept {
	return kept{name, func(v any) (any, error) {
		ms, ok := v.(int64)
		if !ok {
			return nil, fmt.Errorf("%s is no moment", name)
		}
		return fromMillis(ms), nil
	}}
}

// ownWords takes from a message what its author wrote. What it answers stays out:
// those are somebody else's words.
func ownWords(v any) (any, error) {
	body, ok := v.(string)
	if !ok {
		return nil, fmt.Errorf("a message is no text")
	}
	env, err := event.Decode([]byte(body))
	if err != nil {
		return nil, err
	}
	m, _ := event.As[event.MessagePosted](env)
	return m.Text, nil
}

// Archive implements account.Archive.
type Archive struct{ db *DB }

// Archive returns the reader of what is kept of people.
func (db *DB) Archive() Archive { return Archive{db} }

// Chapters implements account.Archive.
func (Archive) Chapters() []string {
	var names []string
	for _, c := range chapters() {
		names = append(names, c.name)
	}
	return names
}

// Read implements account.Archive.
func (a Archive) Read(ctx context.Context, id ident.Account, name string, after account.Bookmark) (out []account.Record, next account.Bookmark, err error) {
	for _, c := range chapters() {
		if c.name == name {
			err = a.db.View(ctx, func(tx *Tx) error {
				out, next, err = tx.chapter(ctx, c, id, after)
				return err
			})
			return out, next, err
		}
	}
	return nil, after, fmt.Errorf("the archive has no chapter %q", name)
}

func (tx *Tx) chapter(ctx context.Context, c chapter, id ident.Account, after account.Bookmark) ([]account.Record, account.Bookmark, error) {
	var out []account.Record
	next := after
	args := []any{id, after.Word, after.Number, archivePage}
	err := tx.each(ctx, c.query, args, func(scan func(...any) error) error {
		values, dest := make([]any, len(c.columns)), []any{&next.Word, &next.Number}
		for i := range values {
			dest = append(dest, &values[i])
		}
		if err := scan(dest...); err != nil {
			return err
		}
		record, err := c.tell(values)
		out = append(out, record)
		return err
	})
	if err != nil {
		err = fmt.Errorf("chapter %s: %w", c.name, err)
	}
	return out, next, err
}

func (c chapter) tell(values []any) (account.Record, error) {
	record := make(account.Record, len(values))
	for i, k := range c.columns {
		if b, ok := values[i].([]byte); ok {
			values[i] = string(b)
		}
		record[i] = account.Field{Name: k.name, Value: values[i]}
		if k.as == nil {
			continue
		}
		told, err := k.as(values[i])
		if err != nil {
			return nil, err
		}
		record[i].Value = told
	}
	return record, nil
}
