package report_test

import (
	"testing"
	"time"

	"github.com/subspace-live/subspace/bench/internal/report"
)

func TestASpreadShowsMedianAndEnds(t *testing.T) {
	for want, values := range map[string][]float64{
		"–":                {},
		"2.00":             {2},
		"2.00 (1.00–12.0)": {12, 1, 2},
		"1.50 (1.00–2.00)": {2, 1},
	} {
		if got := report.Of(values).String(); got != want {
			t.Errorf("%v: %s, want %s", values, got, want)
		}
	}
}

func TestAPercentileOfNothingIsZero(t *testing.T) {
	if got := report.Percentile(nil, 0.99); got != 0 {
		t.Errorf("got %v", got)
	}
	if got := report.Percentile([]time.Duration{time.Millisecond, 3 * time.Millisecond}, 1); got != 3 {
		t.Errorf("got %v", got)
	}
}
