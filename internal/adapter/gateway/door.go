package gateway

import (
	"slices"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/gateway/socket"
	"github.com/subspace-live/subspace/internal/domain/access"
)

// door is one connection in one room. It belongs to the loop. What every message
// looks at stands first, close together.
type door struct {
	conn      *socket.Conn // the visitor's, one step nearer
	last      int64        // the last sequence sent, or skipped
	confirmed int64        // when the right was last read, Unix ns
	until     int64        // when the right ends by the clock, Unix ns; 0: never
	suspended int64        // when rights may have changed: nothing is sent until they are read again; 0: not
	place     int32        // in the part's doors
	lane      socket.Lane
	joining   bool // its first page has not been sent
	behind    bool // so slow that it is sent nothing until its queue is empty
	private   bool // what is behind it is not for everybody
	docked    bool // a dock's: it is told nothing of threads
	lapsed    bool // missed an event while its lease had run out: it must be opened again
	closed    bool

	visitor *visitor
	part    *part
	overlay string  // the secret it was opened with, when it is an overlay's
	skipped int64   // the first sequence it missed while behind
	answer  []byte  // to 'enter', while it may not be sent
	waiting []*cast // came while joining or suspended
}

// waitMax bounds what a door may miss while it is joining or suspended.
const waitMax = 2000

// ended reports whether the right has ended by the clock.
func (d *door) ended(now time.Time) bool { return d.until != 0 && now.UnixNano() >= d.until }

// holds reports whether the lease and the right of a private door still stand.
func (d *door) holds(now time.Time) bool {
	return !d.ended(now) && now.UnixNano()-d.confirmed < int64(access.Lease)
}

// offer gives the door what its part sends.
func (d *door) offer(b *batch, now time.Time) {
	if d.docked {
		if b = b.forDocks(); b == nil {
			return
		}
	}
	switch {
	case d.private && !d.holds(now):
		d.lapsed = true // the clock closes it within a tick; nothing is sent meanwhile
	case d.joining || d.suspended != 0:
		d.keep(b.casts)
	case d.behind:
		if d.skipped == 0 {
			d.skipped = b.from
		}
	case b.from > d.last || b.from == 0:
		d.send(b.bytes(d.conn.Squeezes()), b.from, b.to)
	case b.to > d.last || b.casts[0].to == 0:
		d.sendEach(b.casts)
	}
}

func (d *door) keep(casts []*cast) {
	if len(d.waiting)+len(casts) > waitMax {
		d.lapsed = true
		return
	}
	d.waiting = append(d.waiting, casts...)
}

// sendEach sends those that the door has not got.
func (d *door) sendEach(casts []*cast) {
	squeezed := d.conn.Squeezes()
	for _, c := range casts {
		d.sendOne(c, squeezed)
	}
}

// sendOne sends what the door has not got of a cast.
func (d *door) sendOne(c *cast, squeezed bool) {
	switch {
	case d.behind || (c.to != 0 && c.to <= d.last):
		return
	case c.why != "" && c.from <= d.last: // a part of what is skipped has been read
		c = d.part.audience.skippedCast(d.last+1, c.to, c.why)
	}
	d.send(c.frame(squeezed), c.from, c.to)
}

// send passes frames on. A reader too slow for a public room is let go on at the
// head when it has caught up; one too slow for a private room is closed and
// resumes with the cursor: there nothing is skipped.
func (d *door) send(frames []byte, from, to int64) {
	limit := publicMax
	if d.private {
		limit = privateMax
	}
	v := d.visitor
	if d.conn.Send(frames, d.lane, from, limit) {
		d.last = max(d.last, to)
		return
	}
	switch {
	case d.private:
		v.tooSlow()
		return
	case from == 0: // passing numbers: the next ones will do
		return
	}
	d.behind, d.skipped = true, from
	if first := d.conn.Drop(d.owns, false); first != 0 {
		d.skipped = first
	}
}

// owns reports whether a lane is the door's.
func (d *door) owns(l socket.Lane) bool { return l == d.lane }

// catchUp goes on at the head, and says what was left out.
func (d *door) catchUp() {
	if !d.behind {
		return
	}
	d.behind = false
	head := d.part.offered(d)
	if d.skipped == 0 || head < d.skipped {
		return
	}
	d.send(d.part.audience.skippedCast(d.skipped, head, "slow").plain, d.skipped, head)
}

// begin sends the first frame, then what came while the door was being opened,
// and from then on each event as it comes. It reports false, and sends nothing,
// when too much came, or when the door was shut or its lease ran out meanwhile.
// first may be changed afterwards.
func (d *door) begin(first []byte, last int64, now time.Time) bool {
	if d.closed || d.lapsed || (d.private && !d.holds(now)) {
		return false
	}
	d.last, d.joining = last, false
	if d.suspended != 0 {
		d.answer = slices.Clone(first)
		return true
	}
	d.reply(first)
	d.release()
	return true
}

// release sends what waited, if nothing holds it back any more.
func (d *door) release() {
	if d.joining || d.suspended != 0 {
		return
	}
	if d.answer != nil {
		d.reply(d.answer)
		d.answer = nil
	}
	casts := d.waiting
	d.waiting = nil
	d.sendEach(casts)
}

// reply answers who entered. It is a part of the conversation, which nothing
// takes back, but what it holds of a private room goes when the door is shut.
func (d *door) reply(frame []byte) {
	lane := socket.Lane(0)
	if d.private {
		lane = d.lane
	}
	if !d.conn.SendCopy(frame, lane, 0, answersMax) {
		d.visitor.tooSlow()
	}
}

// confirm says that the right was read at a time and holds until. It reports
// false when the door has missed something and must close.
func (d *door) confirm(at, until time.Time) bool {
	if d.lapsed {
		return false
	}
	d.confirmed = max(d.confirmed, at.UnixNano())
	d.until = 0
	if !until.IsZero() {
		d.until = until.UnixNano()
	}
	if d.suspended != 0 && at.UnixNano() >= d.suspended { // read after the change was heard of
		d.suspended = 0
		d.release()
	}
	return true
}
