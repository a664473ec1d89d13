package room

import (
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// ThreadKind is who writes in a thread.
type ThreadKind string

// The kinds of thread.
const (
	TopicThread  ThreadKind = "topic"  // everybody who may read it writes
	UpdateThread ThreadKind = "update" // only the creator writes
)

// Thread is what the gate and writers must know of a thread.
type Thread struct {
	ID       ident.Thread
	Channel  ident.Channel
	Kind     ThreadKind
	Level    int  // from which level of tier on it may be read; one: by every subscriber
	Closed   bool // only staff write any more
	Archived bool // nobody does
}

// Address returns where the thread's log is.
func (t Thread) Address() Address { return ThreadAddress(t.Channel, t.ID) }

// ThreadAddress returns where the log of a thread is.
func ThreadAddress(channel ident.Channel, id ident.Thread) Address {
	return Address{Channel: channel, Audience: ThreadRoom, Thread: id}
}

// ThreadMissing refuses a thread that does not exist. It is also what somebody
// hears of a thread that their tier does not open: they learn nothing of it.
func ThreadMissing() *fault.Fault {
	return fault.New(fault.Missing, "thread_missing", "There is no such thread.")
}
