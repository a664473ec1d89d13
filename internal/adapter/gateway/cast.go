package gateway

import (
	"slices"
	"sync"

	"github.com/subspace-live/subspace/internal/adapter/gateway/socket"
)

// cast is what a whole audience is sent at once: an event, or word that a
// stretch of the log is skipped. It is made once and shared.
type cast struct {
	from, to int64 // the sequences it stands for; 0 for what is no part of the log
	message  []byte
	plain    []byte // the whole frame
	why      string // events are skipped; empty: this is one
	threads  bool   // it tells of threads, which docks do not read

	squeeze  func([]byte) []byte
	once     sync.Once
	squeezed []byte
}

func newCast(from, to int64, message []byte, squeeze func([]byte) []byte) *cast {
	return &cast{from: from, to: to, message: message, plain: socket.Text(message), squeeze: squeeze}
}

// frame returns the bytes for a client that does, or does not, read compressed
// messages.
func (c *cast) frame(squeezed bool) []byte {
	if !squeezed {
		return c.plain
	}
	c.once.Do(func() {
		if c.squeezed = c.squeeze(c.message); c.squeezed == nil {
			c.squeezed = c.plain
		}
	})
	return c.squeezed
}

// batch is the casts that leave together: each its own frame, all in one write.
type batch struct {
	casts    []*cast
	from, to int64
	plain    []byte
	squeezed []byte
}

func newBatch(casts []*cast) *batch {
	b := &batch{casts: casts}
	for _, c := range casts {
		if c.from != 0 && b.from == 0 {
			b.from = c.from
		}
		b.to = max(b.to, c.to)
	}
	return b
}

// forDocks returns what docks are sent of the batch; nil: nothing.
func (b *batch) forDocks() *batch {
	if !slices.ContainsFunc(b.casts, func(c *cast) bool { return c.threads }) {
		return b
	}
	rest := slices.DeleteFunc(slices.Clone(b.casts), func(c *cast) bool { return c.threads })
	if len(rest) == 0 {
		return nil
	}
	return newBatch(rest)
}

// bytes returns all frames of the batch, one behind the other.
func (b *batch) bytes(squeezed bool) []byte {
	if len(b.casts) == 1 {
		return b.casts[0].frame(squeezed)
	}
	kept := &b.plain
	if squeezed {
		kept = &b.squeezed
	}
	if *kept == nil {
		size := 0
		for _, c := range b.casts {
			size += len(c.frame(squeezed))
		}
		joined := make([]byte, 0, size)
		for _, c := range b.casts {
			joined = append(joined, c.frame(squeezed)...)
		}
		*kept = joined
	}
	return *kept
}
