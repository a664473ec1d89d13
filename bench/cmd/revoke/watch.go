package main

import (
	"bytes"
	"sync/atomic"
	"time"
)

// watch remembers, for every socket, when something private last reached it and
// when it was told that its door is shut.
type watch struct {
	private []atomic.Int64
	shut    []atomic.Int64
	after   atomic.Int64 // private frames that came after 'closed'
}

func newWatch(sockets int) *watch {
	return &watch{private: make([]atomic.Int64, sockets), shut: make([]atomic.Int64, sockets)}
}

// frame takes one frame of a socket.
func (w *watch) frame(socket int, payload []byte, at time.Time) {
	switch {
	case bytes.HasPrefix(payload, []byte(`{"type":"event"`)), bytes.Contains(payload, []byte(`"inside":`)):
		w.private[socket].Store(at.UnixNano())
		if w.shut[socket].Load() != 0 {
			w.after.Add(1)
		}
	case bytes.HasPrefix(payload, []byte(`{"type":"closed"`)):
		w.shut[socket].Store(at.UnixNano())
	}
}
