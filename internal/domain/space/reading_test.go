package space_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/space"
)

// After 200 missed messages the line is exact, and one's own are not among them.
func TestTheUnreadLineIsExact(t *testing.T) {
	s := newStage(t)
	th := s.opens(space.Opening{Title: "Glazes"})
	at := th.Address()
	read := s.must(s.rich, at, "read")
	if _, err := s.space.MarkRead(t.Context(), s.yuna, at, read); err != nil {
		t.Fatal(err)
	}
	var last int64
	for i := range 200 {
		last = s.must(s.rich, at, fmt.Sprintf("missed %d", i))
		if i%50 == 0 {
			s.must(s.yuna, at, "my own")
		}
	}
	if err := s.chat.Remove(t.Context(), s.mod, chat.Place{Address: at, Seq: last}); err != nil {
		t.Fatal(err)
	}
	r, err := s.space.ReadingOf(t.Context(), s.yuna, at)
	if err != nil || r != (space.Reading{Seen: read, Unread: 199}) {
		t.Errorf("reading %+v, %v; want %d and 199", r, err, read)
	}
	list := s.lists(s.yuna, false)
	if len(list) != 1 || list[0].Unread != 199 || list[0].Seen != read || list[0].Messages != 205 {
		t.Errorf("listed %+v", list)
	}
	if list[0].Last != nil {
		t.Errorf("a removed message is the last line: %+v", list[0].Last)
	}
	s.must(s.rich, at, "and now")
	if last := s.lists(s.yuna, false)[0].Last; last == nil || last.Text != "and now" || last.Name != "Rich" {
		t.Errorf("the last line: %+v", last)
	}
}

// Marks against a simple model, over a room and threads: they move on, never back
// and never past what was written.
func TestMarksAreTheModel(t *testing.T) {
	s := newStage(t)
	rapid.Check(t, func(r *rapid.T) {
		th := s.opens(space.Opening{Title: "x"})
		other := s.opens(space.Opening{Title: "y"})
		places := []room.Address{th.Address(), other.Address()}
		type mark struct{ seen, head int64 }
		model := map[room.Address]*mark{places[0]: {head: 1}, places[1]: {head: 1}} // thread.opened is the first
		authors := map[room.Address]map[int64]ident.Account{places[0]: {}, places[1]: {}}
		r.Repeat(map[string]func(*rapid.T){
			"write": func(r *rapid.T) {
				at := rapid.SampledFrom(places).Draw(r, "at")
				by := rapid.SampledFrom([]ident.Account{s.yuna, s.rich, s.owner}).Draw(r, "by")
				seq := s.must(by, at, "words")
				model[at].head = seq
				authors[at][seq] = by
			},
			"read": func(r *rapid.T) {
				at := rapid.SampledFrom(places).Draw(r, "at")
				seq := rapid.Int64Range(0, 30).Draw(r, "seq")
				if _, err := s.space.MarkRead(t.Context(), s.yuna, at, seq); err != nil {
					r.Fatal(err)
				}
				model[at].seen = max(model[at].seen, min(seq, model[at].head))
			},
			"look": func(r *rapid.T) {
				for at, m := range model {
					want := space.Reading{Seen: m.seen}
					for seq, by := range authors[at] {
						if seq > m.seen && by != s.yuna {
							want.Unread++
						}
					}
					if got, err := s.space.ReadingOf(t.Context(), s.yuna, at); err != nil || got != want {
						r.Fatalf("%v, %v; want %v", got, err, want)
					}
				}
			},
		})
		yes := true
		for _, id := range []ident.Thread{th.ID, other.ID} {
			if _, err := s.space.Change(t.Context(), s.owner, s.channel, id, space.Change{Archived: &yes}); err != nil {
				r.Fatal(err)
			}
		}
	})
}
