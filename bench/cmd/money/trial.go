package main

// trial is something that is measured in several ways.
type trial struct {
	what      string
	benchmark string // of the Go kind
	binary    string // the compiled tests it is in
	unit      string
	ways      []string // the last is the control
	transfers float64  // of each; 0: none of its own
	times     int      // how often in a round
	title     string
}

func trials() map[string]trial {
	return map[string]trial{
		"gift": {
			what: "gift", benchmark: "BenchmarkGift", binary: "ledger.test", unit: "gifts/s", ways: []string{"together", "single", "plain"},
			transfers: 3, times: 20_000, title: "gifts, 200 givers, 20 channels",
		},
		"event": {
			what: "event", benchmark: "BenchmarkEvent", binary: "subscription.test", unit: "events/s", ways: []string{"sharded", "plain"},
			times: 2_000, title: "events, 200 a second of 300 subscriptions, received → applied",
		},
	}
}

// share keeps a round to some seconds.
func (t trial) share(database, way string) int {
	if t.what == "gift" && (way == "plain" || (way == "single" && database == "postgres")) {
		return max(1, t.times/10)
	}
	return t.times
}

// control is the way that the others are compared with.
func (t trial) control() string { return t.ways[len(t.ways)-1] }
