package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/digest"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// PutMentions implements chat.MentionTx.
func (tx *Tx) PutMentions(ctx context.Context, who []chat.Mentioned, at time.Time) error {
	var accounts, logs []string
	var seqs, times []int64
	for _, m := range who {
		accounts, logs = append(accounts, string(m.Account)), append(logs, string(m.Log))
		seqs, times = append(seqs, m.Seq), append(times, millis(at))
	}
	columns := []column{{name: "account", words: accounts}, {name: "log", words: logs}, {name: "seq", numbers: seqs}, {name: "at", numbers: times}}
	_, err := tx.r.run(ctx, tx.set("mentioned", columns, `INSERT INTO mention (account, log, seq, at) SELECT * FROM mentioned WHERE TRUE`, nil)...)
	return err
}

// dropMentions forgets whom messages meant that are no more.
func (tx *Tx) dropMentions(ctx context.Context, log ident.Log, seqs []int64) error {
	where, args := among(tx, 2, seqs)
	_, err := tx.exec(ctx, `DELETE FROM mention WHERE log = $1 AND seq `+where, append([]any{log}, args...)...)
	return err
}

// MissedMentions implements digest.Tx.
func (tx *Tx) MissedMentions(ctx context.Context, w digest.Window) ([]digest.Mention, error) {
	posted, _ := event.MessagePosted{}.EventKind()
	var out []digest.Mention
	err := tx.each(ctx, `SELECT COALESCE(t.id, ''), m.seq, m.at, e.body FROM mention m JOIN log l ON l.id = m.log
		JOIN event e ON e.log = m.log AND e.seq = m.seq AND e.kind = $1 LEFT JOIN thread t ON t.id = m.log
		WHERE m.account = $2 AND m.at > $3 AND m.at <= $4 AND l.channel = $5 AND (t.id IS NULL OR (t.archived = 0 AND t.level <= $6))
		ORDER BY m.at DESC, m.log, m.seq DESC LIMIT $7`,
		[]any{posted, w.By, millis(w.Since), millis(w.Until), w.Channel, w.Level, digest.ListMax}, func(scan func(...any) error) error {
			var m digest.Mention
			var thread ident.Thread
			var at int64
			var body string
			if err := scan(&thread, &m.Seq, &at, &body); err != nil {
				return err
			}
			env, err := event.Decode([]byte(body))
			if err != nil {
				return err
			}
			said, _ := event.As[event.MessagePosted](env)
			m.Thread, m.Name, m.Text, m.At = thread, said.Author.Name, said.Text, fromMillis(at)
			out = append(out, m)
			return nil
		})
	return out, err
}
