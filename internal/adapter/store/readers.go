package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// sqliteReaders is how many snapshots are read at once.
const sqliteReaders = 4

// readers are the connections that read a SQLite database. Each has a goroutine,
// whose stack has grown to what SQLite needs: growing that of every caller costs
// as much as a small query. And each keeps its prepared statements: parsing one
// of ours costs as much as running it.
type readers struct {
	db    *sql.DB
	jobs  chan *readJob // unbuffered: whoever waits may still give up
	done  chan struct{} // closed by close
	once  sync.Once
	hands sync.WaitGroup
}

type readJob struct {
	ctx  context.Context
	do   func(runner) error
	err  error
	done chan struct{}
}

func newReaders(db *sql.DB) *readers {
	db.SetMaxOpenConns(sqliteReaders)
	db.SetMaxIdleConns(sqliteReaders)
	r := &readers{db: db, jobs: make(chan *readJob), done: make(chan struct{})}
	for range sqliteReaders {
		r.hands.Go(r.work)
	}
	return r
}

// view runs job on a snapshot, on another goroutine.
func (r *readers) view(ctx context.Context, job func(runner) error) error {
	j := &readJob{ctx: ctx, do: job, done: make(chan struct{})}
	select {
	case r.jobs <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-r.done:
		return errClosed
	}
	<-j.done // a caller who goes away interrupts its statements
	return j.err
}

func (r *readers) work() {
	var c *cachedConn // nil: to be opened
	for {
		select {
		case j := <-r.jobs:
			c, j.err = r.read(c, j)
			close(j.done)
		case <-r.done:
			r.discard(c)
			return
		}
	}
}

// read runs one job and returns the connection for the next; nil when it cannot
// be trusted any more.
func (r *readers) read(c *cachedConn, j *readJob) (*cachedConn, error) {
	if c == nil {
		conn, err := r.db.Conn(j.ctx)
		if err != nil {
			return nil, err
		}
		c = &cachedConn{conn: conn, stmts: map[string]*sql.Stmt{}}
	}
	if _, err := c.exec(j.ctx, "BEGIN"); err != nil {
		return r.discard(c), err
	}
	err := guarded(j.do, c)
	// The snapshot ends also for a caller who went away.
	if _, rollback := c.exec(context.WithoutCancel(j.ctx), "ROLLBACK"); rollback != nil {
		return r.discard(c), err
	}
	return c, err
}

// discard gives up a connection; it has nothing to lose.
func (r *readers) discard(c *cachedConn) *cachedConn {
	if c != nil {
		errs := errors.Join(c.close(), c.conn.Close())
		_ = errs // a reader has written nothing
	}
	return nil
}

// close waits for those who read.
func (r *readers) close() (err error) {
	r.once.Do(func() {
		close(r.done)
		r.hands.Wait()
		err = r.db.Close()
	})
	return err
}
