package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/poll"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// InsertPoll implements poll.Tx.
func (tx *Tx) InsertPoll(ctx context.Context, p poll.Poll, key string) (bool, error) {
	log, err := tx.logID(ctx, p.Address)
	if err != nil {
		return false, err
	}
	fresh, err := tx.changed(ctx, `INSERT INTO poll (id, log, opener, key, question, changeable, live, opened, closes, closed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0) ON CONFLICT (log, opener, key) DO NOTHING`,
		p.ID, log, p.Opener, key, p.Question, flag(p.Changeable), flag(p.Live), millis(p.OpenedAt), millis(p.ClosesAt))
	if err != nil || !fresh {
		return false, err
	}
	for i, option := range p.Options {
		if err := tx.r.later(ctx, statement{text: `INSERT INTO poll_option (poll, number, words, votes) VALUES ($1, $2, $3, 0)`, args: []any{p.ID, i, option}}); err != nil {
			return false, err
		}
	}
	return true, nil
}

// SetClosed implements poll.Tx.
func (tx *Tx) SetClosed(ctx context.Context, p poll.Poll) error {
	for i, n := range p.Final {
		if err := tx.r.later(ctx, statement{text: `UPDATE poll_option SET votes = $1 WHERE poll = $2 AND number = $3`, args: []any{n, p.ID, i}}); err != nil {
			return err
		}
	}
	return tx.r.later(ctx, statement{text: `UPDATE poll SET closed = $1 WHERE id = $2`, args: []any{millis(p.ClosedAt), p.ID}})
}

// polls returns polls with their options.
func (tx *Tx) polls(ctx context.Context, where string, args ...any) ([]poll.Poll, error) {
	var out []poll.Poll
	err := tx.each(ctx, `SELECT p.id, l.channel, l.audience, l.id, l.level, COALESCE(t.closed, 0), COALESCE(t.archived, 0),
		p.opener, p.question, p.changeable, p.live, p.opened, p.closes, p.closed
		FROM poll p JOIN log l ON l.id = p.log LEFT JOIN thread t ON t.id = l.id `+where, args, func(scan func(...any) error) error {
		var p poll.Poll
		var log ident.Thread
		var silent, archived, changeable, live, opened, closes, closed int64
		err := scan(&p.ID, &p.Channel, &p.Audience, &log, &p.Level, &silent, &archived, &p.Opener, &p.Question, &changeable, &live, &opened, &closes, &closed)
		if p.Audience == room.ThreadRoom {
			p.Thread = log
		}
		p.Silent, p.Archived, p.Changeable, p.Live = silent == 1, archived == 1, changeable == 1, live == 1
		p.OpenedAt, p.ClosesAt, p.ClosedAt = fromMillis(opened), fromMillis(closes), fromMillis(closed)
		out = append(out, p)
		return err
	})
	if err != nil || len(out) == 0 {
		return nil, err
	}
	return out, tx.pollOptions(ctx, out)
}

// pollOptions reads the options of polls into them.
func (tx *Tx) pollOptions(ctx context.Context, polls []poll.Poll) error {
	ids, at := make([]ident.Poll, len(polls)), make(map[ident.Poll]*poll.Poll, len(polls))
	for i := range polls {
		ids[i], at[polls[i].ID] = polls[i].ID, &polls[i]
	}
	where, args := among(tx, 1, ids)
	return tx.each(ctx, `SELECT poll, words, votes FROM poll_option WHERE poll `+where+` ORDER BY poll, number`, args, func(scan func(...any) error) error {
		var id ident.Poll
		var words string
		var votes int
		if err := scan(&id, &words, &votes); err != nil {
			return err
		}
		p := at[id]
		if p.Options = append(p.Options, words); !p.ClosedAt.IsZero() {
			p.Final = append(p.Final, votes)
		}
		return nil
	})
}

// PollByKey implements poll.Tx.
func (tx *Tx) PollByKey(ctx context.Context, at room.Address, opener ident.Account, key string) (poll.Poll, error) {
	log, err := tx.logID(ctx, at)
	if err != nil {
		return poll.Poll{}, err
	}
	ps, err := tx.polls(ctx, `WHERE p.log = $1 AND p.opener = $2 AND p.key = $3`, log, opener, key)
	if err != nil || len(ps) == 0 {
		return poll.Poll{}, err
	}
	return ps[0], nil
}

// OpenPollAt implements poll.Tx.
func (tx *Tx) OpenPollAt(ctx context.Context, at room.Address) (bool, error) {
	log, err := tx.logID(ctx, at)
	if err != nil {
		return false, err
	}
	var one int
	return tx.one(ctx, `SELECT 1 FROM poll WHERE log = $1 AND closed = 0`, []any{log}, &one)
}

// PollsAt implements poll.Tx.
func (tx *Tx) PollsAt(ctx context.Context, at room.Address, limit int) ([]poll.Poll, error) {
	log, err := tx.logID(ctx, at)
	if err != nil {
		return nil, err
	}
	return tx.polls(ctx, `WHERE p.log = $1 ORDER BY p.opened DESC, p.id DESC LIMIT $2`, log, limit)
}

// PollsOf implements poll.Tx.
func (tx *Tx) PollsOf(ctx context.Context, channel ident.Channel, audiences []room.Audience, limit int) ([]poll.Poll, error) {
	where, args := among(tx, 3, audiences)
	return tx.polls(ctx, `WHERE l.channel = $1 AND l.audience `+where+` ORDER BY p.closed = 0 DESC, p.opened DESC, p.id DESC LIMIT $2`,
		append([]any{channel, limit}, args...)...)
}

// PollsDue implements poll.Tx.
func (tx *Tx) PollsDue(ctx context.Context, now time.Time, limit int) ([]poll.Poll, error) {
	return tx.polls(ctx, `WHERE p.closed = 0 AND p.closes > 0 AND p.closes <= $1 ORDER BY p.closes, p.id LIMIT $2`, millis(now), limit)
}

// PollsToVote implements poll.Tx. Those who vote share the row; who closes waits
// for them, and they for it.
func (tx *Tx) PollsToVote(ctx context.Context, ids []ident.Poll) (map[ident.Poll]poll.Poll, error) {
	ids = distinct(ids)
	out := make(map[ident.Poll]poll.Poll, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	where, args := among(tx, 1, ids)
	ps, err := tx.polls(ctx, `WHERE p.id `+where+` ORDER BY p.id`+tx.forShareOf("p"), args...)
	for _, p := range ps {
		out[p.ID] = p
	}
	return out, err
}

// PollToClose implements poll.Tx.
func (tx *Tx) PollToClose(ctx context.Context, channel ident.Channel, id ident.Poll) (poll.Poll, bool, error) {
	ps, err := tx.polls(ctx, `WHERE l.channel = $1 AND p.id = $2`+tx.forUpdateOf("p"), channel, id)
	if err != nil || len(ps) == 0 {
		return poll.Poll{}, false, err
	}
	return ps[0], true, nil
}

// ChoicesOf implements poll.Tx.
func (tx *Tx) ChoicesOf(ctx context.Context, voters []poll.Voter) (map[poll.Voter]int, error) {
	out := make(map[poll.Voter]int, len(voters))
	voters = distinct(voters)
	var polls, accounts []string
	for _, v := range voters {
		polls, accounts = append(polls, string(v.Poll)), append(accounts, string(v.Account))
	}
	_, err := tx.r.run(ctx, tx.set("asked", []column{{name: "poll", words: polls}, {name: "account", words: accounts}},
		`SELECT v.poll, v.account, v.choice FROM asked a JOIN poll_vote v ON v.poll = a.poll AND v.account = a.account`,
		func(scan func(...any) error) error {
			var v poll.Voter
			var choice int
			err := scan(&v.Poll, &v.Account, &choice)
			out[v] = choice
			return err
		})...)
	return out, err
}

// PutVotes implements poll.Tx.
func (tx *Tx) PutVotes(ctx context.Context, ballots []poll.Ballot, at time.Time) error {
	var polls, accounts []string
	var choices, times []int64
	for _, b := range ballots {
		polls, accounts = append(polls, string(b.Poll)), append(accounts, string(b.Account))
		choices, times = append(choices, int64(b.Choice)), append(times, millis(at))
	}
	columns := []column{{name: "poll", words: polls}, {name: "account", words: accounts}, {name: "choice", numbers: choices}, {name: "at", numbers: times}}
	_, err := tx.r.run(ctx, tx.set("ballot", columns, `INSERT INTO poll_vote (poll, account, choice, at) SELECT * FROM ballot WHERE TRUE
		ON CONFLICT (poll, account) DO UPDATE SET choice = excluded.choice, at = excluded.at
		WHERE (SELECT p.changeable FROM poll p WHERE p.id = excluded.poll) = 1`, nil)...)
	return err
}

// CountVotes implements poll.Tx.
func (tx *Tx) CountVotes(ctx context.Context, ids []ident.Poll) (map[ident.Poll][]int, error) {
	out := make(map[ident.Poll][]int, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	where, args := among(tx, 1, ids)
	err := tx.each(ctx, `SELECT poll, choice, COUNT(*) FROM poll_vote WHERE poll `+where+` GROUP BY poll, choice ORDER BY poll, choice`, args, func(scan func(...any) error) error {
		var id ident.Poll
		var choice, n int
		err := scan(&id, &choice, &n)
		for len(out[id]) <= choice {
			out[id] = append(out[id], 0)
		}
		out[id][choice] = n
		return err
	})
	return out, err
}

// Polls counts votes for the many who read a poll at once.
type Polls struct {
	db     *DB
	counts together[ident.Poll, []int]
}

// Polls returns the reader of votes outside transactions.
func (db *DB) Polls() *Polls {
	p := &Polls{db: db}
	p.counts.read, p.counts.work = p.read, &db.readings
	return p
}

// Count returns how many chose what in a poll, as it stood after it was asked for.
func (p *Polls) Count(ctx context.Context, id ident.Poll) ([]int, error) {
	counts, _, err := p.counts.ask(ctx, id)
	return counts, err
}

func (p *Polls) read(ctx context.Context, ids []ident.Poll) (out map[ident.Poll][]int, err error) {
	err = p.db.View(ctx, func(tx *Tx) error {
		out, err = tx.CountVotes(ctx, ids)
		return err
	})
	return out, err
}

// brokenPolls looks at what closed polls say of their votes.
func (tx *Tx) brokenPolls(ctx context.Context) ([]string, error) {
	return tx.sentences(ctx, `SELECT 'Poll ' || o.poll || ' says that ' || o.votes || ' chose option ' || o.number || ', and there are ' || COUNT(v.account)
		FROM poll_option o JOIN poll p ON p.id = o.poll LEFT JOIN poll_vote v ON v.poll = o.poll AND v.choice = o.number
		WHERE p.closed > 0 GROUP BY o.poll, o.number, o.votes HAVING o.votes <> COUNT(v.account)
		UNION ALL SELECT 'Poll ' || o.poll || ' is open and says already that ' || o.votes || ' chose option ' || o.number
			FROM poll_option o JOIN poll p ON p.id = o.poll WHERE p.closed = 0 AND o.votes > 0`)
}
