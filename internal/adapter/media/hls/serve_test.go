package hls

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestDeliveryDirectives(t *testing.T) {
	for query, want := range map[string]struct {
		sequence int64
		part     int
		ok       bool
	}{
		"_HLS_msn=107&_HLS_part=2":           {107, 2, true},
		"_HLS_msn=107":                       {107, -1, true},
		"_HLS_part=02&_HLS_msn=0107&x=y":     {107, 2, true},
		"_HLS_msn=107&_HLS_skip=YES":         {107, -1, true},
		"":                                   {},
		"x=y":                                {},
		"%zz":                                {},
		"_HLS_msn=x":                         {},
		"_HLS_msn=-1":                        {},
		"_HLS_msn=107&_HLS_part=":            {},
		"_HLS_msn=107&_HLS_part=64":          {},
		"_HLS_msn=107&_HLS_part=-1":          {},
		"_HLS_msn=99999999999999999999999":   {},
		"_HLS_msn=107&_HLS_part=99999999999": {},
	} {
		sequence, part, ok := blocking(query)
		if ok != want.ok || ok && (sequence != want.sequence || part != want.part) {
			t.Errorf("%q: %d %d %v", query, sequence, part, ok)
		}
	}
}

// However short the takes were: what a restarted server begins with is new.
func TestNumbersAfterARestartAreNew(t *testing.T) {
	if n := firstSequence(time.Second); n != 0 {
		t.Errorf("a new broadcast begins with %d", n)
	}
	last := int64(-997)
	for seconds := 2; seconds < 100_000; seconds += 997 {
		n := firstSequence(time.Duration(seconds) * time.Second)
		if n < last+997 || n < int64(seconds) {
			t.Fatalf("%d after %d seconds", n, seconds)
		}
		last = n
	}
}
