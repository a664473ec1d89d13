package socket

// Lane groups what is queued on one connection, so that one group can be taken
// back. Lane 0 is the conversation itself: greetings, answers, pings.
type Lane uint8

// queue is what a connection could not be handed yet, in order. Most connections
// never have one.
type queue struct {
	waiting []queued
	bytes   int
	moved   int32 // the loop's second in which the client last took something, or in which it began to wait
}

type queued struct {
	frames []byte // one or several, whole
	gone   int    // bytes of them that have been written
	seq    int64
	lane   Lane
}

func (w *queued) rest() []byte { return w.frames[w.gone:] }

// queuedCost is what one entry of a queue takes up beside its frames, with the
// room that a growing list keeps ahead.
const queuedCost = 64

// weight is what the queue is bounded by: bytes, and entries, so that many small
// frames are as much as few large ones. Frames may be shared with other queues.
func (q *queue) weight() int { return q.bytes + queuedCost*len(q.waiting) }

func (q *queue) push(frames []byte, gone int, lane Lane, seq int64) {
	q.waiting = append(q.waiting, queued{frames, gone, seq, lane})
	q.bytes += len(frames) - gone
}

// wrote takes n bytes off the front.
func (q *queue) wrote(n int) {
	q.bytes -= n
	done := 0
	for done < len(q.waiting) && n >= len(q.waiting[done].rest()) {
		n -= len(q.waiting[done].rest())
		q.waiting[done].frames, q.waiting[done].gone = nil, 0
		done++
	}
	q.waiting = q.waiting[done:]
	if n > 0 {
		q.waiting[0].gone += n
	}
}

// gather copies the front into buf, as much as fits; one that is larger than
// all of buf comes alone and uncopied.
func (q *queue) gather(buf []byte) []byte {
	if first := q.waiting[0].rest(); len(q.waiting) == 1 || len(first) >= cap(buf) {
		return first
	}
	buf = buf[:0]
	for i := range q.waiting {
		rest := q.waiting[i].rest()
		if len(buf)+len(rest) > cap(buf) {
			break
		}
		buf = append(buf, rest...)
	}
	return buf
}

// drop takes back what was queued on the lanes and of which nothing has left,
// and returns the lowest sequence among it, 0 for none. Of frames that were
// queued together and have begun to leave, it takes back those behind the one
// that is on its way when cut is set.
func (q *queue) drop(match func(Lane) bool, cut bool) (first int64) {
	kept := q.waiting[:0]
	for _, w := range q.waiting {
		switch before := len(w.rest()); {
		case !match(w.lane):
		case w.gone == 0:
			q.bytes -= before
			if w.seq != 0 && (first == 0 || w.seq < first) {
				first = w.seq
			}
			continue
		case cut:
			w.frames = w.frames[:border(w.frames, w.gone)]
			q.bytes -= before - len(w.rest())
		}
		kept = append(kept, w)
	}
	clear(q.waiting[len(kept):])
	q.waiting = kept
	return first
}

// border returns where the frame ends that the byte before at belongs to.
func border(frames []byte, at int) int {
	end := 0
	for end < at {
		size, header := measure(frames[end:])
		end += header + size
	}
	return min(end, len(frames))
}
