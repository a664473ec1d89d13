package chatter_test

import (
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/bench/internal/chatter"
)

func TestTheSameSeedSaysTheSameAndSeldomRepeatsItself(t *testing.T) {
	a, b := chatter.New(7), chatter.New(7)
	seen, bytes := map[string]bool{}, 0
	for range 2000 {
		line := a.Next()
		if line != b.Next() {
			t.Fatal("two conversations of one seed differ")
		}
		if strings.ContainsRune(line, chatter.Mark) {
			t.Errorf("the mark stands in %q", line)
		}
		seen[line], bytes = true, bytes+len(line)
	}
	if len(seen) < 1400 {
		t.Errorf("only %d of 2000 lines differ", len(seen))
	}
	if mean := bytes / 2000; mean < 20 || mean > 80 {
		t.Errorf("a line has %d bytes on average, a chat's has about 40", mean)
	}
}

func TestAMarkIsReadAsItWasWritten(t *testing.T) {
	at := time.Unix(1763000000, 123456789)
	got, ok := chatter.Time([]byte(chatter.Marked(at, "hello")))
	if !ok || got != at.UnixNano() {
		t.Errorf("got %d %v, want %d", got, ok, at.UnixNano())
	}
	if _, ok := chatter.Time([]byte("@17630")); ok {
		t.Error("half a mark was read")
	}
}
