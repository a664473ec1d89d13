package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// sqliteReaders is how many snapshots are read at once.
const sqliteReaders = 4

// readers are the connections that read a SQLite database. Each keeps its
// prepared statements: parsing one of ours costs as much as running it.
type readers struct {
	db   *sql.DB
	free chan *cachedConn // nil: to be opened
	done chan struct{}    // closed by close
	once sync.Once
}

func newReaders(db *sql.DB) *readers {
	db.SetMaxOpenConns(sqliteReaders)
	db.SetMaxIdleConns(sqliteReaders)
	r := &readers{db: db, free: make(chan *cachedConn, sqliteReaders), done: make(chan struct{})}
	for range sqliteReaders {
		r.free <- nil
	}
	return r
}

// view runs job on a snapshot.
func (r *readers) view(ctx context.Context, job func(runner) error) (err error) {
	var c *cachedConn
	select {
	case c = <-r.free:
	case <-ctx.Done():
		return ctx.Err()
	case <-r.done:
		return errClosed
	}
	defer func() { r.free <- c }()
	if c == nil {
		conn, err := r.db.Conn(ctx)
		if err != nil {
			return err
		}
		c = &cachedConn{conn: conn, stmts: map[string]*sql.Stmt{}}
	}
	if _, err := c.ExecContext(ctx, "BEGIN"); err != nil {
		c = r.discard(c)
		return err
	}
	err = guarded(job, c)
	// The snapshot ends also for a caller who went away.
	if _, rollback := c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK"); rollback != nil {
		c = r.discard(c)
	}
	return err
}

// discard gives up a connection that cannot be trusted any more; another is
// opened in its place.
func (r *readers) discard(c *cachedConn) *cachedConn {
	errs := errors.Join(c.close(), c.conn.Close())
	_ = errs // it was broken
	return nil
}

// close waits for those who read.
func (r *readers) close() (err error) {
	r.once.Do(func() { err = r.closeAll() })
	return err
}

func (r *readers) closeAll() error {
	close(r.done)
	var errs []error
	for range sqliteReaders {
		if c := <-r.free; c != nil {
			errs = append(errs, c.close(), c.conn.Close())
		}
	}
	return errors.Join(append(errs, r.db.Close())...)
}
