package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// The size of the writer's queue and of one commit.
const (
	queueSize  = 2048
	groupLimit = 512
)

var errClosed = errors.New("store: closed")

// groupCommit is the one writer of a SQLite database. It runs the jobs that
// arrived while the previous commit ran, each behind a savepoint, and commits
// them together; every caller is answered after that commit.
type groupCommit struct {
	conn  *sql.Conn
	run   *cachedConn
	queue chan *writeJob
	done  chan struct{}

	mu     sync.RWMutex // held for reading while sending, so that close is not raced
	closed bool
}

type writeJob struct {
	ctx    context.Context
	do     func(runner) error
	answer chan error
	err    error
}

func newGroupCommit(conn *sql.Conn) *groupCommit {
	g := &groupCommit{
		conn: conn, run: &cachedConn{conn: conn, stmts: map[string]*sql.Stmt{}, shared: true},
		queue: make(chan *writeJob, queueSize), done: make(chan struct{}),
	}
	go g.loop() // owned by close, which waits for done
	return g
}

// do queues job and waits for its commit. When the queue is full it refuses at once.
func (g *groupCommit) do(ctx context.Context, job func(runner) error) error {
	j := &writeJob{ctx: ctx, do: job, answer: make(chan error, 1)}
	g.mu.RLock()
	if g.closed {
		g.mu.RUnlock()
		return errClosed
	}
	select {
	case g.queue <- j:
		g.mu.RUnlock()
	default:
		g.mu.RUnlock()
		return errBusy()
	}
	return <-j.answer // the writer always answers, also for a context that ended
}

func (g *groupCommit) loop() {
	defer close(g.done)
	for first := range g.queue {
		g.commit(g.gather(first))
	}
}

// gather takes what waits, without waiting for more.
func (g *groupCommit) gather(first *writeJob) []*writeJob {
	group := []*writeJob{first}
	for len(group) < groupLimit {
		select {
		case j, ok := <-g.queue:
			if !ok {
				return group
			}
			group = append(group, j)
		default:
			return group
		}
	}
	return group
}

func (g *groupCommit) commit(group []*writeJob) {
	err := g.transact(group)
	if err != nil && len(group) > 1 {
		for _, j := range group { // one of them broke the group: each alone, so that it breaks only itself
			g.commit([]*writeJob{j})
		}
		return
	}
	for _, j := range group {
		if err != nil {
			j.err = err
		}
		j.answer <- j.err
	}
}

// transact runs the group in one transaction. An error means that nothing of it
// was kept.
func (g *groupCommit) transact(group []*writeJob) (err error) {
	ctx := context.Background() // a caller who went away must not break the group
	if _, err = g.run.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	for _, j := range group {
		if j.err = j.ctx.Err(); j.err != nil {
			continue
		}
		if err = g.step(ctx, j); err != nil {
			break
		}
	}
	if err == nil {
		_, err = g.run.exec(ctx, "COMMIT")
	}
	if err != nil {
		_, rollback := g.conn.ExecContext(ctx, "ROLLBACK")
		_ = rollback // SQLite has rolled back by itself after some errors, and then says so here
	}
	return err
}

// step runs one job behind a savepoint. Its refusal is kept in the job; the
// error returned here is one that the whole group cannot survive.
func (g *groupCommit) step(ctx context.Context, j *writeJob) error {
	if _, err := g.run.exec(ctx, "SAVEPOINT job"); err != nil {
		return err
	}
	if j.err = guarded(j.do, g.run); j.err != nil {
		if _, err := g.run.exec(ctx, "ROLLBACK TO job"); err != nil {
			return errors.Join(j.err, err)
		}
	}
	_, err := g.run.exec(ctx, "RELEASE job")
	return err
}

// guarded turns a panic of one job into its error: whoever runs it serves others too.
func guarded(do func(runner) error, r runner) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a transaction: %v", p)
		}
	}()
	return do(r)
}

func (g *groupCommit) close() error {
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return nil
	}
	g.closed = true
	close(g.queue)
	g.mu.Unlock()
	<-g.done
	return errors.Join(g.run.close(), g.conn.Close())
}

// cachedConn keeps prepared statements: preparing costs more than running most
// of ours. It is used by the writer's goroutine alone.
type cachedConn struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	// shared: others' work is in the same transaction. Whoever goes away ends
	// their own between two statements: SQLite gives up everything when one that
	// writes is broken off.
	shared bool
}

// cacheLimit bounds the statements kept; texts of sets vary with their size.
const cacheLimit = 256

func (c *cachedConn) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	if len(c.stmts) >= cacheLimit {
		if err := c.close(); err != nil {
			return nil, err
		}
	}
	s, err := c.conn.PrepareContext(ctx, unnamed(query))
	if err == nil {
		c.stmts[query] = s
	}
	return s, err
}

// unnamed writes '?' for $1, $2, … where they stand in this order, each once.
// SQLite takes $1 for a name and looks through all names for each argument,
// which costs a set of hundreds more than its work.
func unnamed(query string) string {
	out := make([]byte, 0, len(query))
	for i, next, quoted := 0, 1, false; i < len(query); {
		c := query[i]
		i++
		quoted = quoted != (c == '\'')
		if c != '$' || quoted {
			out = append(out, c)
			continue
		}
		n := 0
		for ; i < len(query) && query[i] >= '0' && query[i] <= '9'; i++ {
			n = 10*n + int(query[i]-'0')
		}
		if n != next {
			return query
		}
		next++
		out = append(out, '?')
	}
	return string(out)
}

// run implements runner.
func (c *cachedConn) run(ctx context.Context, statements ...statement) (changed int64, err error) {
	if c.shared {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		ctx = context.WithoutCancel(ctx)
	}
	for _, s := range statements {
		if s.row == nil {
			changed, err = c.exec(ctx, s.text, s.args...)
		} else {
			err = c.query(ctx, s)
		}
		if err != nil {
			return 0, err
		}
	}
	return changed, nil
}

// later implements runner: there is no way to be spared.
func (c *cachedConn) later(ctx context.Context, s statement) error {
	_, err := c.run(ctx, s)
	return err
}

func (c *cachedConn) exec(ctx context.Context, query string, args ...any) (int64, error) {
	s, err := c.prepare(ctx, query)
	if err != nil {
		return 0, err
	}
	res, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (c *cachedConn) query(ctx context.Context, q statement) error {
	s, err := c.prepare(ctx, q.text)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(ctx, q.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := q.row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (c *cachedConn) close() error {
	var errs []error
	for q, s := range c.stmts {
		errs = append(errs, s.Close())
		delete(c.stmts, q)
	}
	return errors.Join(errs...)
}
