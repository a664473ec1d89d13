package gateway

import (
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// A few people are told each second how many they are; a crowd that still comes
// is left alone for a while, and then told the number that stands.
func TestACrowdIsNotToldOfEachWhoComes(t *testing.T) {
	for name, c := range map[string]struct {
		counts []int // in each second
		shown  map[int]int
	}{
		"a few":               {[]int{1, 2, 2, 3, 0}, map[int]int{0: 1, 1: 2, 3: 3, 4: 0}},
		"a crowd at once":     {[]int{5000, 5000, 5000, 5000, 5000, 5000}, map[int]int{4: 5000}},
		"a crowd that grows":  {[]int{2500, 4000, 5500, 5900, 5900, 5901, 5901}, map[int]int{4: 5900}},
		"a few become many":   {[]int{100, 3000, 3000, 3000, 3000}, map[int]int{0: 100, 3: 3000}},
		"a change taken back": {[]int{100, 2100, 100, 2100, 2100}, map[int]int{0: 100, 4: 2100}},
	} {
		now := time.Unix(1000, 0)
		b := newPresenceBoard(func() time.Time { return now })
		for second, viewers := range c.counts {
			b.put(room.Presence{Node: "n", Channel: "c", Viewers: viewers})
			got, _, is := b.changed("c")
			want, told := c.shown[second]
			if is != told || (told && got != want) {
				t.Errorf("%s, second %d: shown %v, %d viewers; want %v, %d", name, second, is, got, told, want)
			}
			now = now.Add(time.Second)
		}
	}
}

// Channels come and go, here and on other nodes, and nothing of them is kept.
func TestNothingIsKeptOfRoomsThatAreEmpty(t *testing.T) {
	now := time.Unix(1000, 0)
	b := newPresenceBoard(func() time.Time { return now })
	here := map[ident.Channel]*room.Presence{"here": {}}
	for _, c := range []ident.Channel{"here", "elsewhere", "left"} {
		b.put(room.Presence{Node: "a node that ends", Channel: c, Viewers: 1})
	}
	b.changed("here")
	b.changed("left")
	b.tidy(here)
	if viewers, _ := b.count("elsewhere"); viewers != 1 || len(b.shown) != 1 {
		t.Errorf("%d viewers elsewhere, %d channels shown", viewers, len(b.shown))
	}
	now = now.Add(presenceLife + time.Second)
	b.tidy(here)
	if len(b.counted) != 0 || len(b.shown) != 1 {
		t.Errorf("kept: %v, %v", b.counted, b.shown)
	}
}
