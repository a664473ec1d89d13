package recording

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Wherever a server died while it wrote the list, what stands there whole is true.
func TestAListMayEndAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []entry
		text := indexHead
		before := ""
		at := time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)
		for i := range rapid.IntRange(0, 6).Draw(t, "segments") {
			e := entry{name: fmt.Sprintf("%d.m4s", i), init: before, at: at, length: time.Duration(rapid.IntRange(1, 1_000_000).Draw(t, "length")) * 10 * time.Microsecond}
			if before == "" || rapid.Bool().Draw(t, "again") {
				e.init = fmt.Sprintf("init-%d.mp4", i)
				e.cut = before != ""
			}
			text += e.text(before)
			all, before = append(all, e), e.init
			at = at.Add(e.length.Round(time.Millisecond) + time.Millisecond)
		}
		ended := rapid.Bool().Draw(t, "ended")
		if ended {
			text += endTag
		}
		whole := readIndex([]byte(text))
		if fmt.Sprint(whole.entries) != fmt.Sprint(all) || whole.ended != ended {
			t.Fatalf("of\n%s\nwas read %+v, want %+v", text, whole, all)
		}
		cut := rapid.IntRange(0, len(text)).Draw(t, "cut")
		part := readIndex([]byte(text[:cut]))
		if n := strings.Count(text[:cut], ".m4s\n"); len(part.entries) != n || fmt.Sprint(part.entries) != fmt.Sprint(all[:n]) {
			t.Fatalf("of\n%s\nwas read %+v", text[:cut], part.entries)
		}
		if played := readIndex([]byte(whole.playlist())); fmt.Sprint(played.entries) != fmt.Sprint(all) {
			t.Fatalf("players are given\n%s", whole.playlist())
		}
	})
}
