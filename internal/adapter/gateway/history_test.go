package gateway_test

import (
	"math"
	"testing"

	"github.com/subspace-live/subspace/internal/app/apptest"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// A server that was restored from a backup may hold other events under numbers
// that somebody has read. Whoever comes with a cursor of that time, or with one
// that the log does not reach, is told to begin anew: otherwise they would take
// what is new to them for what they have.
func TestCursorOfAnotherHistoryBeginsAnew(t *testing.T) {
	onBothWires(t, testCursorOfAnotherHistoryBeginsAnew)
}

func testCursorOfAnotherHistoryBeginsAnew(t *testing.T, newStage stageMaker) {
	s := newStage(t)
	s.says(room.Public, "one", "two", "three")
	s.says(room.Space, "one", "two", "three")
	enter := func(who ident.Account, in string, cursor int64, history string) (apptest.Frame, error) {
		ask := map[string]any{"type": "enter", "channel": "atelier", "room": in, "cursor": cursor}
		if history != "" {
			ask["history"] = history
		}
		k := s.enters(who)
		defer k.Close()
		return k.Calls(ask)
	}
	look := func(t *testing.T) {
		for _, in := range []string{"public", "space"} {
			for _, c := range []struct {
				cursor  int64
				history string
				refused bool
			}{
				{0, "", false},
				{1, "now", false},
				{3, "now", false},
				{3, "", false},
				{4, "", true},
				{4, "now", true},
				{math.MaxInt64, "now", true},
				{1, "before", true},
				{4, "before", true},
			} {
				f, err := enter(s.yuna, in, c.cursor, c.history)
				switch {
				case c.refused && reason(err) != "cursor_unknown":
					t.Errorf("%s at %d of %q: %v, %s", in, c.cursor, c.history, err, f.Raw)
				case !c.refused && (err != nil || f.History != "now" || len(f.Events) != int(3-c.cursor)):
					t.Errorf("%s at %d of %q: %v, %s", in, c.cursor, c.history, err, f.Raw)
				}
			}
			if _, err := enter("", "space", 4, "now"); reason(err) != "sign_in" {
				t.Errorf("a stranger is told how far the Sub Space goes: %v", err)
			}
		}
	}
	t.Run("nobody is there", look)
	stays := s.enters(s.yuna, "public", "space")
	t.Run("somebody is there", look)
	// Whoever begins anew hears what comes.
	k := s.enters(s.yuna)
	if _, err := k.EnterAt("atelier", "public", 150); reason(err) != "cursor_unknown" {
		t.Fatal(err)
	}
	k.Enter("atelier", "public")
	s.says(room.Public, "four")
	stays.Hears("public", "four")
	k.Hears("public", "four")
}
