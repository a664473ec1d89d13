package acts_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// emote is a picture that the channel offers, for a level of tier and those above.
type emote struct {
	id, code string
	level    int
	removed  bool
}

func drawing() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, 4, 4))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// GoString says which it is where rapid tells what it drew.
func (e *emote) GoString() string { return e.code }

// mayWrite reports whether the model lets a code of p's be a picture.
func (p *actor) mayWrite(e *emote) bool {
	return !e.removed && (e.level == 0 || p.staff || p.owner || p.level >= e.level)
}

func (st *actorsStage) addsEmote(r *rapid.T) {
	p := st.creatorOr(r)
	e := &emote{code: "e" + strings.ToLower(rand.Text()[:8]), level: rapid.IntRange(0, 2).Draw(r, "level")}
	var added struct{ ID string }
	if st.tries(p, p.owner, "POST", fmt.Sprintf("/emotes?code=%s&level=%d", e.code, e.level), drawing(), &added) {
		e.id = added.ID
		st.emotes = append(st.emotes, e)
	}
}

func (st *actorsStage) changesEmote(r *rapid.T) {
	if len(st.emotes) == 0 {
		return
	}
	p, e := st.creatorOr(r), rapid.SampledFrom(st.emotes).Draw(r, "emote")
	if rapid.Bool().Draw(r, "remove") {
		e.removed = st.tries(p, p.owner, "DELETE", "/emotes/"+e.id, nil, nil) || e.removed
		return
	}
	level := rapid.IntRange(0, 2).Draw(r, "level")
	if st.tries(p, p.owner, "PATCH", "/emotes/"+e.id, map[string]any{"level": level}, nil) {
		e.level = level
	}
}

// drawsBadge gives the dearer tier a badge of its own, or takes it away: from then on
// its subscribers are told apart, or not any more.
func (st *actorsStage) drawsBadge(r *rapid.T) {
	p, path := st.creatorOr(r), "/badges/m1?tier="+st.tier
	if rapid.IntRange(0, 2).Draw(r, "take away") == 0 {
		if st.tries(p, p.owner, "DELETE", path, nil, nil) {
			st.badged = false
		}
		return
	}
	if st.tries(p, p.owner, "PUT", path, drawing(), nil) {
		st.badged = true
	}
}

// writesCodes writes the codes of emotes: those that its writer may use are pictures to
// everybody who reads, all others are words; and the writer's badge tells of their tier
// only where that has pictures.
func (st *actorsStage) writesCodes(r *rapid.T) {
	p := rapid.SampledFrom(append(st.cast, st.cast[2], st.cast[2])).Draw(r, "who") // most often the one of the dearer tier
	text := st.writes("a message", p, forAll)
	words, want := text, []string{}
	for _, e := range st.emotes[:min(len(st.emotes), 20)] {
		words += " :" + e.code + ":"
		if p.mayWrite(e) {
			want = append(want, e.code)
		}
	}
	var posted struct{ Seq int64 }
	if !st.tries(p, p.ID != "" && !p.banned, "POST", "/rooms/public/messages", st.message(words), &posted) {
		return
	}
	st.posted = append(st.posted, message{by: p.Name, where: "public", path: "/rooms/public", seq: posted.Seq, text: text})
	var page struct {
		Events []struct {
			Data struct {
				Author struct{ Tier string }
				Emotes []struct{ Code string }
			}
		}
	}
	answer := st.c.Owner.Do("GET", st.c.Path("/rooms/public/events?limit=1&after="+strconv.FormatInt(posted.Seq-1, 10)), nil)
	if err := json.Unmarshal(answer.Body, &page); err != nil || len(page.Events) != 1 {
		st.t.Fatalf("the message of %s: %v: %s", p.Name, err, answer.Body)
	}
	m, held := page.Events[0].Data, []string{}
	for _, e := range m.Emotes {
		held = append(held, e.Code)
	}
	if !slices.Equal(held, want) {
		st.t.Fatalf("%s (level %d, staff %v) wrote the emotes %v, and may %v", p.Name, p.level, p.staff, held, want)
	}
	tier := ""
	if st.badged && p.level == 2 {
		tier = st.tier
	}
	if m.Author.Tier != tier {
		st.t.Fatalf("%s (level %d) is told to have the tier %q, want %q", p.Name, p.level, m.Author.Tier, tier)
	}
	if len(held) > 0 {
		st.seen["emotes that were written"]++
	}
	if tier != "" {
		st.seen["a badge of a tier"]++
	}
}
