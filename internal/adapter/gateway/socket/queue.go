package socket

// Lane groups what is queued on one connection, so that one group can be taken
// back. Lane 0 is the conversation itself: greetings, answers, pings.
type Lane uint8

// queue is what a connection could not be handed yet, in order. Most connections
// never have one.
type queue struct {
	waiting []queued
	bytes   int
}

type queued struct {
	rest []byte // what has not been written of it
	seq  int64
	lane Lane
	cut  bool // a part of it is on its way: the rest must follow
}

func (q *queue) push(rest []byte, lane Lane, seq int64, cut bool) {
	q.waiting = append(q.waiting, queued{rest, seq, lane, cut})
	q.bytes += len(rest)
}

// wrote takes n bytes off the front.
func (q *queue) wrote(n int) {
	q.bytes -= n
	done := 0
	for done < len(q.waiting) && n >= len(q.waiting[done].rest) {
		n -= len(q.waiting[done].rest)
		q.waiting[done].rest = nil
		done++
	}
	q.waiting = q.waiting[done:]
	if n > 0 {
		q.waiting[0].rest = q.waiting[0].rest[n:]
		q.waiting[0].cut = true
	}
}

// gather copies the front into buf, as much as fits; one that is larger than
// all of buf comes alone and uncopied.
func (q *queue) gather(buf []byte) []byte {
	if first := q.waiting[0].rest; len(q.waiting) == 1 || len(first) >= cap(buf) {
		return first
	}
	buf = buf[:0]
	for _, w := range q.waiting {
		if len(buf)+len(w.rest) > cap(buf) {
			break
		}
		buf = append(buf, w.rest...)
	}
	return buf
}

// drop takes back what was queued on the lane and has not begun to leave. It
// returns the lowest sequence taken back, 0 for none.
func (q *queue) drop(match func(Lane) bool) (first int64) {
	kept := q.waiting[:0]
	for _, w := range q.waiting {
		if w.cut || !match(w.lane) {
			kept = append(kept, w)
			continue
		}
		q.bytes -= len(w.rest)
		if w.seq != 0 && (first == 0 || w.seq < first) {
			first = w.seq
		}
	}
	clear(q.waiting[len(kept):])
	q.waiting = kept
	return first
}
