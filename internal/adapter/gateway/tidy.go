package gateway

import (
	"context"
	"runtime"
)

const (
	// crowd is how many newcomers leave enough behind to be worth collecting.
	crowd = 1000
	// trickle is how many come in a second when nobody speaks of a crowd.
	trickle = 50
)

// tidying knows when a crowd has come.
type tidying struct {
	came, tidied int64 // newcomers up to the last second, and when it was last tidied
}

// due reports, once a second, whether a crowd has come and is in.
func (t *tidying) due(came int64) bool {
	calm := came-t.came < trickle
	t.came = came
	if !calm || came-t.tidied < crowd {
		return false
	}
	t.tidied = came
	return true
}

// tidy collects what a crowd left behind when it came: some 4 KB for each. Go
// would keep that until as much again has been made, which in a calm room takes
// minutes.
func (g *Gateway) tidy(context.Context) {
	if g.tidying.due(g.came.Load()) {
		runtime.GC()
	}
}
