package gateway

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

func message(t interface{ Fatal(...any) }, seq int64, who, role string) event.Encoded {
	e, err := event.Encode("l", seq, ident.Event(fmt.Sprint(seq)), time.Unix(seq, 0), event.MessagePosted{
		Author: event.Author{ID: ident.Account(who), Role: role}, Text: "words",
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Whatever comes, and however fast: what is shown and what is skipped follow
// each other without a gap, the creator and moderators are always shown, and
// ordinary messages are shown at a rate that can be read.
func TestSampleLeavesNothingUnsaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		readable := rapid.IntRange(10, 60).Draw(t, "readable")
		s := newSample(readable)
		now := time.Unix(1000, 0)
		next := int64(1)    // the sequence that must come next
		ordinary := []int{} // shown in each second
		take := func(e event.Encoded, plain bool) {
			if e.Seq != next {
				t.Fatalf("sequence %d where %d belongs", e.Seq, next)
			}
			next++
			if plain {
				second := int(now.Unix() - 1000)
				for len(ordinary) <= second {
					ordinary = append(ordinary, 0)
				}
				ordinary[second]++
			}
		}
		roles := map[int64]string{}
		seq := int64(0)
		end := func() {
			if !s.over(now) {
				return
			}
			for _, c := range s.choose(now) {
				if c.skips {
					if c.from != next || c.to < c.from {
						t.Fatalf("skips %d to %d where %d belongs", c.from, c.to, next)
					}
					for at := c.from; at <= c.to; at++ {
						if roles[at] != "none" {
							t.Fatalf("a message of the %s was skipped", roles[at])
						}
					}
					next = c.to + 1
				} else {
					take(c.Encoded, roles[c.Seq] == "none")
				}
			}
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			for range rapid.IntRange(0, 40).Draw(t, "messages") {
				seq++
				role := rapid.SampledFrom([]string{"none", "none", "none", "none", "moderator", "owner"}).Draw(t, "role")
				roles[seq] = role
				who := fmt.Sprint(rapid.IntRange(0, 20).Draw(t, "who"))
				if e := message(t, seq, who, role); !s.take(e, now) {
					take(e, role == "none")
				}
			}
			now = now.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "ms")) * time.Millisecond)
			end()
		}
		now = now.Add(time.Second)
		end()
		if next != seq+1 {
			t.Fatalf("said up to %d of %d", next-1, seq)
		}
		for second, n := range ordinary {
			// A second may begin with a burst that is shown before the room counts
			// as crowded, and moments do not end with the second.
			if n > 3*readable+20 {
				t.Fatalf("%d ordinary messages were shown in second %d, readable are %d", n, second, readable)
			}
		}
	})
}

// What comes at once when a log is read again after an outage may be more than a
// moment collects: those who are always shown are shown then too.
func TestSampleShowsTheStaffHoweverMuchComesAtOnce(t *testing.T) {
	s, now := newSample(40), time.Unix(1000, 0)
	removed, err := event.Encode("l", 2*heldMax+1, "r", now, event.MessageRemoved{Seqs: []int64{1}, By: "moderator"})
	if err != nil {
		t.Fatal(err)
	}
	next, always := int64(1), 0
	for seq := int64(1); seq <= 2*heldMax+1; seq++ {
		e := message(t, seq, fmt.Sprint(seq%90), "none")
		switch {
		case seq > 2*heldMax:
			e = removed
		case seq%1000 == 0:
			e = message(t, seq, "m", "moderator")
		}
		if !s.take(e, now) {
			next++
		}
	}
	for _, c := range s.choose(now.Add(moment)) {
		first, last := c.Seq, c.Seq
		if c.skips {
			first, last = c.from, c.to
		} else if c.Seq%1000 == 0 || c.Seq > 2*heldMax {
			always++
		}
		if first != next || last < first {
			t.Fatalf("%d to %d where %d belongs", first, last, next)
		}
		next = last + 1
	}
	if next != 2*heldMax+2 || always != 2*heldMax/1000+1 {
		t.Errorf("said up to %d of %d, %d of %d that are always shown", next-1, 2*heldMax+1, always, 2*heldMax/1000+1)
	}
}

// However late the gateway's ticks are, as much is shown as can be read.
func TestSampleShowsAsMuchAsCanBeRead(t *testing.T) {
	const readable, seconds = 40, 30
	for _, tick := range []time.Duration{100 * time.Millisecond, 110 * time.Millisecond, 150 * time.Millisecond, 470 * time.Millisecond} {
		s, now, seq, shown := newSample(readable), time.Unix(1000, 0), int64(0), 0
		for end := now.Add(seconds * time.Second); now.Before(end); {
			for range int(500 * tick.Seconds()) {
				seq++
				if !s.take(message(t, seq, fmt.Sprint(seq%90), "none"), now) {
					shown++
				}
			}
			now = now.Add(tick)
			for _, c := range s.choose(now) {
				if !c.skips {
					shown++
				}
			}
		}
		const want = readable * seconds
		if shown < want*97/100 || shown > want*103/100+readable+1 { // everything is shown until it is too much
			t.Errorf("ticks of %v: %d of %d messages were shown in %d s, readable are %d", tick, shown, seq, seconds, want)
		}
	}
}

// Everybody has the same chance, however much they write.
func TestSampleIsFairToThoseWhoWriteLittle(t *testing.T) {
	s := newSample(40)
	now := time.Unix(1000, 0)
	seq, shown := int64(0), map[string]int{}
	say := func(who string) {
		seq++
		e, err := event.Encode("l", seq, "e", now, event.MessagePosted{Author: event.Author{ID: ident.Account(who), Role: "none"}})
		if err != nil {
			t.Fatal(err)
		}
		if !s.take(e, now) {
			shown[who]++
		}
	}
	for range 600 { // moments: ten quiet people write once, one writes fifty times
		for i := range 10 {
			say(fmt.Sprint("quiet ", i))
		}
		for range 50 {
			say("loud")
		}
		now = now.Add(moment)
		for _, c := range s.choose(now) {
			if env, err := event.Decode(c.Bytes); err == nil && !c.skips {
				m, _ := event.As[event.MessagePosted](env)
				shown[string(m.Author.ID)]++
			}
		}
	}
	for i := range 10 {
		n := shown[fmt.Sprint("quiet ", i)]
		if n < 160 || n > 280 { // 4 of 11 people in each of 600 moments: about 218
			t.Errorf("quiet %d was shown %d times", i, n)
		}
	}
	// One lot for each message would show the loud one about 2,000 times.
	if n := shown["loud"]; n > 280 {
		t.Errorf("the loud one was shown %d times of 2,400", n)
	}
}
