package rtmp

import (
	"testing"
	"time"
)

func TestTimesGoOnWhere32BitsEnd(t *testing.T) {
	const ms = time.Millisecond
	for name, c := range map[string]struct{ in, want []time.Duration }{
		"around once":      {[]time.Duration{timesAround - 20*ms, 13 * ms, 46 * ms}, []time.Duration{timesAround - 20*ms, timesAround + 13*ms, timesAround + 46*ms}},
		"around and back":  {[]time.Duration{timesAround - 20*ms, 13 * ms, timesAround - 5*ms}, []time.Duration{timesAround - 20*ms, timesAround + 13*ms, timesAround - 5*ms}},
		"set an hour back": {[]time.Duration{2 * time.Hour, time.Hour}, []time.Duration{2 * time.Hour, time.Hour}},
		"from zero to far": {[]time.Duration{0, timesAround - time.Second, timesAround - ms}, []time.Duration{0, timesAround - time.Second, timesAround - ms}},
	} {
		var u unwrapped
		for i, at := range c.in {
			if got := u.next(at); got != c.want[i] {
				t.Errorf("%s: time %d is %v, want %v", name, i, got, c.want[i])
			}
		}
	}
}
