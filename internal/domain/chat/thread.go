package chat

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// ThreadTx is what writing into threads needs inside one transaction.
type ThreadTx interface {
	// LockThreads returns the threads at addresses, and locks their logs until the
	// transaction ends. The logs of their channels must be locked before. What stands
	// in no channel named is not there.
	LockThreads(ctx context.Context, at []room.Address) (map[ident.Thread]room.Thread, error)
	// CountPosts adds to threads what was written into them.
	CountPosts(ctx context.Context, posts map[ident.Thread]Posts) error
}

// Posts is what a batch wrote into one thread.
type Posts struct {
	Messages int64
	Last     int64 // sequence of the newest
	At       time.Time
}

// mayWriteThread decides a post into a thread for somebody who may write into the
// Sub Space. A thread that their tier does not open is none.
func (s *Service) mayWriteThread(p Post, f access.Facts, k known) error {
	t, ok := k.threads[p.Thread]
	if !ok || t.Channel != p.Channel || !access.Decide(f.From(t.Level), access.PostThread, s.now()).Allowed {
		return room.ThreadMissing()
	}
	if t.Kind == room.UpdateThread {
		if f := access.Decide(f, access.RunChannel, s.now()).Fault(s.now()); f != nil {
			return f
		}
	}
	return open(t, f)
}

// open is nil where something may still be added to a thread.
func open(t room.Thread, f access.Facts) error {
	if t.Archived || (t.Closed && !f.Role.Staff()) {
		return fault.New(fault.Conflict, "thread_closed", "This thread is closed. It can be read, and nobody writes in it any more.")
	}
	return nil
}

// mayReadThread is the gate's word on an address, for somebody who may read the
// rooms of its audience.
func (s *Service) mayReadThread(ctx context.Context, tx Tx, at room.Address, f access.Facts) error {
	if at.Audience != room.ThreadRoom {
		return nil
	}
	threads, err := tx.LockThreads(ctx, []room.Address{at})
	if err != nil {
		return err
	}
	return s.readsThread(at, f, threads)
}

func (s *Service) readsThread(at room.Address, f access.Facts, threads map[ident.Thread]room.Thread) error {
	t, ok := threads[at.Thread]
	if !ok || t.Channel != at.Channel || !access.Decide(f.From(t.Level), access.ReadThread, s.now()).Allowed {
		return room.ThreadMissing()
	}
	return nil
}

func threadsOf(posts []*pending) []room.Address {
	var at []room.Address
	for _, w := range posts {
		if w.post.Thread != "" {
			at = append(at, w.post.Address)
		}
	}
	return at
}

// countPosts notes in threads what was just written.
func (s *Service) countPosts(ctx context.Context, tx Tx, written []*pending) error {
	posts := map[ident.Thread]Posts{}
	for _, w := range written {
		if id := w.post.Thread; id != "" {
			posts[id] = Posts{posts[id].Messages + 1, max(posts[id].Last, w.receipt.Event.Seq), s.now()}
		}
	}
	if len(posts) == 0 {
		return nil
	}
	return tx.CountPosts(ctx, posts)
}
