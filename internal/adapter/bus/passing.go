package bus

import (
	"encoding/json"

	"github.com/nats-io/nats.go"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// tally is the wire form of room.Tally between nodes.
type tally struct {
	Channel  ident.Channel  `json:"channel"`
	Audience room.Audience  `json:"audience"`
	Thread   ident.Thread   `json:"thread,omitempty"`
	Question ident.Question `json:"question,omitempty"`
	Poll     ident.Poll     `json:"poll,omitempty"`
}

// Tally tells all nodes that the votes of a question or a poll changed. It does
// not wait.
func (b *Bus) Tally(t room.Tally) {
	b.pass("subspace.tally", tally{t.Channel, t.Audience, t.Thread, t.Question, t.Poll})
}

// OnTally calls f with what every node tells of votes. f must not block.
func (b *Bus) OnTally(f func(room.Tally)) error {
	return b.subscribe("subspace.tally", func(m *nats.Msg) {
		var t tally
		if err := json.Unmarshal(m.Data, &t); err != nil {
			b.log.Warn("tally not understood", "err", err)
			return
		}
		f(room.Tally{Address: room.Address{Channel: t.Channel, Audience: t.Audience, Thread: t.Thread}, Question: t.Question, Poll: t.Poll})
	})
}

// stir is the wire form of room.Stir between nodes.
type stir struct {
	Channel  ident.Channel `json:"channel"`
	Audience room.Audience `json:"audience"`
	Thread   ident.Thread  `json:"thread,omitempty"`
	Seq      int64         `json:"seq"`
}

// Stir tells all nodes that the reactions to a message changed. It does not wait.
func (b *Bus) Stir(s room.Stir) {
	b.pass("subspace.stir", stir{s.Channel, s.Audience, s.Thread, s.Seq})
}

// OnStir calls f with what every node tells of reactions. f must not block.
func (b *Bus) OnStir(f func(room.Stir)) error {
	return b.subscribe("subspace.stir", func(m *nats.Msg) {
		var s stir
		if err := json.Unmarshal(m.Data, &s); err != nil {
			b.log.Warn("stir not understood", "err", err)
			return
		}
		f(room.Stir{Address: room.Address{Channel: s.Channel, Audience: s.Audience, Thread: s.Thread}, Seq: s.Seq})
	})
}

// notice is the wire form of a word to one person's pages between nodes.
type notice struct {
	Channel ident.Channel `json:"channel"`
	Account ident.Account `json:"account"`
}

// Notice tells all nodes that something in a channel is for one person. It does
// not wait.
func (b *Bus) Notice(to access.Subject) {
	b.pass("subspace.notice", notice{to.Channel, to.Account})
}

// OnNotice calls f with whom every node has something for. f must not block.
func (b *Bus) OnNotice(f func(access.Subject)) error {
	return b.subscribe("subspace.notice", func(m *nats.Msg) {
		var n notice
		if err := json.Unmarshal(m.Data, &n); err != nil {
			b.log.Warn("notice not understood", "err", err)
			return
		}
		f(access.Subject{Account: n.Account, Channel: n.Channel})
	})
}

// pass queues what passes and is never stored.
func (b *Bus) pass(subject string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		b.log.Debug("word lost", "subject", subject, "err", err)
		return
	}
	b.outgoing.put(parcel{subject, data})
}
