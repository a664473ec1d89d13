package hls

import (
	"net/http"
	"strconv"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/adapter/media/packager"
	"github.com/subspace-live/subspace/internal/domain/live"
)

// output is one broadcast as players read it. The same address serves all takes.
type output struct {
	*packager.Packager
	broadcast live.Broadcast
	onClose   func(*output)
}

func (d *Door) newOutput(b live.Broadcast) *output {
	now := d.Now()
	c := packager.Config{Name: strconv.FormatInt(now.UnixMilli(), 36), First: firstSequence(now.Sub(b.Started))}
	if d.Segment != nil {
		c.Segment = func(s packager.Segment) { d.Segment(b, s) }
	}
	return &output{Packager: packager.New(c), broadcast: b, onClose: d.forget}
}

// sequencePace is how many numbers a second are left to the segments of before a
// restart: most last two seconds, but each return of an encoder cuts one short.
const (
	sequencePace = 2
	sequenceGap  = 20
)

// firstSequence returns a number for the first segment that lies beyond all that
// players of a broadcast can have seen, also before the server's restart.
func firstSequence(elapsed time.Duration) int64 {
	if elapsed < 2*time.Second {
		return 0 // it has only begun
	}
	return sequencePace*int64(elapsed/time.Second) + sequenceGap
}

// Begin implements media.Output.
func (o *output) Begin(f media.Format, _ int64) error { return o.Packager.Begin(f) }

// Close implements media.Output.
func (o *output) Close() {
	o.onClose(o)
	o.Packager.Close()
}

// serve answers one request for a file of the broadcast.
func (o *output) serve(w http.ResponseWriter, r *http.Request, file string) {
	switch {
	case o.Over():
		offline(w)
	case file == mainFile:
		o.text(w, o.Main(r.Context(), firstWait))
	case file == packager.ListName:
		o.list(w, r)
	default:
		o.file(w, r, file)
	}
}
