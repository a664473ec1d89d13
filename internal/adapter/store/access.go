package store

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// factsChunk bounds the placeholders of one query of facts.
const factsChunk = 400

// Facts implements access.FactsReader: a handful of queries for any number of subjects.
func (tx *Tx) Facts(ctx context.Context, subjects []access.Subject) (map[access.Subject]access.Facts, error) {
	out := make(map[access.Subject]access.Facts, len(subjects))
	subjects = distinct(subjects)
	for len(subjects) > 0 {
		n := min(len(subjects), factsChunk)
		if err := tx.facts(ctx, subjects[:n], out); err != nil {
			return nil, err
		}
		subjects = subjects[n:]
	}
	return out, nil
}

func (tx *Tx) facts(ctx context.Context, subjects []access.Subject, out map[access.Subject]access.Facts) error {
	f := factsQuery{tx: tx, facts: make(map[access.Subject]*access.Facts, len(subjects))}
	for _, s := range subjects {
		f.channels = append(f.channels, s.Channel)
		if s.Account != "" {
			f.accounts = append(f.accounts, s.Account)
		}
		f.facts[s] = &access.Facts{Account: s.Account}
	}
	f.channels, f.accounts = distinct(f.channels), distinct(f.accounts)
	tables := []statement{f.ofChannels(), f.ofModes()}
	if len(f.accounts) > 0 {
		tables = append(tables, f.ofAccounts(), f.ofModerators(), f.ofGrants(), f.ofSanctions(), f.ofFollows())
	}
	if _, err := tx.r.run(ctx, tables...); err != nil {
		return err
	}
	for s, facts := range f.facts {
		if facts.Channel != "" || s.Channel == "" {
			out[s] = *facts
		}
	}
	return nil
}

// factsQuery gathers the facts of a set of subjects: all tables are asked at
// once, and answer in the order in which they are asked.
type factsQuery struct {
	tx       *Tx
	channels []ident.Channel
	accounts []ident.Account
	facts    map[access.Subject]*access.Facts
}

func (f *factsQuery) ofChannels() statement {
	where, args := among(f.tx, 1, f.channels)
	query := `SELECT c.id, c.owner, c.space_open, c.live_audience, c.terms, c.preview_public, c.preview_space,
		CASE WHEN EXISTS (SELECT 1 FROM tier t WHERE t.channel = c.id AND t.on_sale = 1) THEN 1 ELSE 0 END,
		COALESCE(s.level, 1), COALESCE(s.lives_only, 0),
		CASE WHEN EXISTS (SELECT 1 FROM broadcast b WHERE b.channel = c.id AND b.state <> 'ended') THEN 1 ELSE 0 END
		FROM channel c LEFT JOIN space_setup s ON s.channel = c.id WHERE c.id ` + where
	return statement{query, args, func(scan func(...any) error) error {
		var id ident.Channel
		var owner ident.Account
		var open, onSale, terms, livesOnly, live, public, space int64
		var level int
		var audience access.LiveAudience
		if err := scan(&id, &owner, &open, &audience, &terms, &public, &space, &onSale, &level, &livesOnly, &live); err != nil {
			return err
		}
		for s, facts := range f.facts {
			if s.Channel != id {
				continue
			}
			facts.Channel, facts.SpaceOpen, facts.LiveAudience, facts.OnSale = id, open == 1, audience, onSale == 1
			facts.Role, facts.Terms = access.RoleNone, terms
			facts.Previews = room.Previews{Public: public == 1, Space: space == 1}
			facts.SpaceLevel, facts.LivesOnly, facts.Live = level, livesOnly == 1, live == 1
			if s.Account == owner && owner != "" {
				facts.Role = access.RoleOwner
			}
		}
		return nil
	}}
}

func (f *factsQuery) ofAccounts() statement {
	subjects := make(map[ident.Account][]*access.Facts, len(f.facts))
	for s, facts := range f.facts {
		subjects[s.Account] = append(subjects[s.Account], facts)
	}
	where, args := among(f.tx, 1, f.accounts)
	query := `SELECT id, CASE WHEN password <> '' OR passkeys > 0 THEN 1 ELSE 0 END, operator FROM account WHERE id ` + where
	return statement{query, args, func(scan func(...any) error) error {
		var id ident.Account
		var full, operator int64
		err := scan(&id, &full, &operator)
		for _, facts := range subjects[id] {
			facts.Full, facts.Operator = full == 1, operator == 1
		}
		return err
	}}
}

// pairs asks for (channel, account) pairs, scans the columns of each row into
// dest and, when the pair is a subject, calls apply with its facts.
func (f *factsQuery) pairs(columns, table string, dest []any, apply func(*access.Facts)) statement {
	channels, args := among(f.tx, 1, f.channels)
	accounts, more := among(f.tx, 1+len(args), f.accounts)
	query := `SELECT channel, account` + columns + ` FROM ` + table + ` WHERE channel ` + channels + ` AND account ` + accounts
	var s access.Subject
	dest = append([]any{&s.Channel, &s.Account}, dest...)
	return statement{query, append(args, more...), func(scan func(...any) error) error {
		if err := scan(dest...); err != nil {
			return err
		}
		if facts, ok := f.facts[s]; ok {
			apply(facts)
		}
		return nil
	}}
}

func (f *factsQuery) ofModerators() statement {
	var grade int64
	return f.pairs(`, grade`, `moderator`, []any{&grade}, func(facts *access.Facts) {
		if facts.Role == access.RoleNone {
			facts.Role, facts.Grade = access.RoleModerator, access.Grade(grade)
		}
	})
}

func (f *factsQuery) ofGrants() statement {
	var g access.Grant
	var starts, ends, paid, revoked int64
	const level = `COALESCE((SELECT t.level FROM tier t WHERE t.id = access_grant.tier), 0)`
	const badges = `COALESCE((SELECT b.tier FROM tier_badge b WHERE b.tier = access_grant.tier LIMIT 1), '')`
	return f.pairs(`, id, source, starts, ends, paid, revoked, months, `+level+`, `+badges, `access_grant`,
		[]any{&g.ID, &g.Source, &starts, &ends, &paid, &revoked, &g.Months, &g.Level, &g.Badges}, func(facts *access.Facts) {
			g.Starts, g.Ends, g.Paid, g.Revoked = fromMillis(starts), fromMillis(ends), fromMillis(paid), fromMillis(revoked)
			facts.Grants = append(facts.Grants, g)
		})
}

func (f *factsQuery) ofSanctions() statement {
	var b access.Block
	var starts, until int64
	return f.pairs(`, kind, starts, until`, `sanction`, []any{&b.Kind, &starts, &until}, func(facts *access.Facts) {
		b.Starts, b.Until = fromMillis(starts), fromMillis(until)
		facts.Blocks = append(facts.Blocks, b)
	})
}

func (f *factsQuery) ofFollows() statement {
	var since int64
	return f.pairs(`, since`, `follow`, []any{&since}, func(facts *access.Facts) { facts.Follows = fromMillis(since) })
}

// ofModes gives all who are asked about in a channel the same map, which nobody writes to.
func (f *factsQuery) ofModes() statement {
	where, args := among(f.tx, 1, f.channels)
	found := map[ident.Channel]map[room.Audience]room.Modes{}
	return statement{`SELECT channel, audience, ` + modeColumns + ` FROM chat_mode WHERE channel ` + where, args, func(scan func(...any) error) error {
		var at room.Address
		m, err := scanModes(scan, &at.Channel, &at.Audience)
		if err != nil {
			return err
		}
		if found[at.Channel] != nil {
			found[at.Channel][at.Audience] = m
			return nil
		}
		found[at.Channel] = map[room.Audience]room.Modes{at.Audience: m}
		for s, facts := range f.facts {
			if s.Channel == at.Channel {
				facts.Modes = found[at.Channel]
			}
		}
		return nil
	}}
}

// Rights reads facts for the gate, and sessions.
type Rights struct {
	db       *DB
	facts    together[access.Subject, access.Facts]
	sessions together[string, account.Session]
}

// Rights returns the reader of facts outside transactions.
func (db *DB) Rights() *Rights {
	r := &Rights{db: db}
	r.facts.read, r.sessions.read = r.readFacts, r.SessionsByHash
	r.facts.work, r.sessions.work = &db.readings, &db.readings
	return r
}

// Facts implements access.FactsReader. Single subjects are read together.
func (r *Rights) Facts(ctx context.Context, subjects []access.Subject) (map[access.Subject]access.Facts, error) {
	if len(subjects) != 1 {
		return r.readFacts(ctx, subjects)
	}
	f, found, err := r.facts.ask(ctx, subjects[0])
	if err != nil || !found {
		return nil, err
	}
	return map[access.Subject]access.Facts{subjects[0]: f}, nil
}

func (r *Rights) readFacts(ctx context.Context, subjects []access.Subject) (out map[access.Subject]access.Facts, err error) {
	err = r.db.View(ctx, func(tx *Tx) error {
		out, err = tx.Facts(ctx, subjects)
		return err
	})
	return out, err
}
