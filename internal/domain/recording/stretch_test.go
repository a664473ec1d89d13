package recording_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/recording"
)

// What is said twice, or is less than what was said before, is as it was said last.
func TestTheLastWordCounts(t *testing.T) {
	s := newStage(t)
	s.kept()
	s.Clock.Advance(time.Minute)
	s.grows(time.Second)
	want := s.found()
	if !s.says() || !reflect.DeepEqual(s.found(), want) {
		t.Errorf("said twice: %+v, want %+v", s.found(), want)
	}
	moved := []recording.Stretch{{At: s.Clock.Now(), Length: 3 * time.Second}, {At: s.Clock.Now().Add(time.Hour), Begins: 3 * time.Second, Length: time.Second}}
	for _, stored := range [][]recording.Stretch{moved, moved[:1]} {
		s.stored, s.size = stored, 500
		s.says()
		if r := s.found(); !slices.Equal(r.Stretches, stored) || r.Bytes != 500 || !r.Started.Equal(stored[0].At) {
			t.Errorf("%+v, want %+v", r, stored)
		}
	}
}

// Segments are not whole milliseconds long. What is lost of each is not lost of all.
func TestFractionsDoNotAddUp(t *testing.T) {
	s := newStage(t)
	s.kept()
	for range 400 {
		s.grows(2000*time.Millisecond + 670*time.Microsecond)
		if len(s.stored) < 200 {
			s.Clock.Advance(time.Second)
		}
	}
	r := s.found()
	if len(r.Stretches) != len(s.stored) || len(r.Stretches) != 200 {
		t.Fatalf("%d stretches of %d", len(r.Stretches), len(s.stored))
	}
	end := time.Duration(0)
	for i, have := range r.Stretches {
		want := s.stored[i]
		if have.Begins != end || have.Begins != want.Begins.Truncate(time.Millisecond) {
			t.Fatalf("stretch %d begins at %s, behind %s; want %s", i, have.Begins, end, want.Begins)
		}
		end = have.Begins + have.Length
	}
	if last := s.stored[len(s.stored)-1]; end != (last.Begins + last.Length).Truncate(time.Millisecond) {
		t.Errorf("ends at %s, want %s", end, last.Begins+last.Length)
	}
}
