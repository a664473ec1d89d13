// Package store holds all SQL: one text for SQLite and PostgreSQL.
//
// Owns: the schema and its migrations, transactions, group commit, the order in
// which rows are locked (logs by id, then what hangs on them). Promises: an
// Update commits whole or not at all and returns after the commit; bells ring
// after it, and those of two commits may cross (room.Tail puts them in order); a
// database from a newer release is refused untouched. Does not do: rules. It
// answers what the domain asks.
package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/ledger"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Options is what a DB needs from its surroundings.
type Options struct {
	// URL is 'postgres://…' or 'sqlite:FILE'.
	URL    string
	Now    func() time.Time
	Random io.Reader
	// Bell is called after each commit with the events it appended, in order.
	// It must not block.
	Bell func([]room.Bell)
}

// DB is an open database.
type DB struct {
	engine engine
	opt    Options
	ids    *ident.Source

	readings sync.WaitGroup // that run for several who asked
}

// engine is what differs between SQLite and PostgreSQL.
type engine interface {
	update(ctx context.Context, job func(runner) error) error
	view(ctx context.Context, job func(runner) error) error
	// snapshot is a view that may take as long as it needs.
	snapshot(ctx context.Context, job func(runner) error) error
	// migrate runs job alone among all nodes of the database.
	migrate(ctx context.Context, job func(runner) error) error
	locksRows() bool
	takesArrays() bool               // as one argument
	kind() string                    // its name in a backup
	columns() string                 // a query for table, name and type of all columns, in their order
	references() string              // a query for the tables that refer to tables
	classify(err error) *fault.Fault // nil: an accident
	// complaints asks the database what it finds wrong with itself.
	complaints(ctx context.Context, r runner) ([]string, error)
	close() error
}

// runner runs statements inside one transaction.
type runner interface {
	// run runs statements one after the other and returns how many rows the last
	// one changed.
	run(ctx context.Context, statements ...statement) (int64, error)
	// later runs a statement before the next one that is run, and at the latest
	// before the commit, on one way to the database with it. What goes wrong with
	// it is told there.
	later(ctx context.Context, s statement) error
}

// Open opens the database, brings its schema up to date and returns it.
func Open(ctx context.Context, opt Options) (*DB, error) {
	e, err := openEngine(ctx, opt.URL)
	if err != nil {
		return nil, err
	}
	if opt.Bell == nil {
		opt.Bell = func([]room.Bell) {}
	}
	db := &DB{engine: e, opt: opt, ids: ident.NewSource(opt.Now, opt.Random)}
	if err := db.migrate(ctx); err != nil {
		return nil, errors.Join(err, e.close())
	}
	return db, nil
}

func openEngine(ctx context.Context, url string) (engine, error) {
	switch {
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		return openPostgres(ctx, url)
	case strings.HasPrefix(url, "sqlite:"):
		return openSQLite(ctx, strings.TrimPrefix(url, "sqlite:"))
	}
	return nil, fault.New(fault.Invalid, "database_url_invalid", "The database address must begin with 'postgres://' or 'sqlite:'.")
}

// Close waits for running transactions and closes the database.
func (db *DB) Close() error {
	err := db.engine.close()
	db.readings.Wait() // a closed engine refuses them
	return err
}

// Update runs f in a transaction and returns after the commit. f may run more
// than once, and must keep no effect outside the transaction but what the last
// run leaves. A fault returned by f rolls back what f did.
func (db *DB) Update(ctx context.Context, f func(*Tx) error) error {
	var bells []room.Bell
	err := db.engine.update(ctx, func(r runner) error {
		tx := db.begin(r, true)
		err := f(tx)
		bells = tx.appended
		return err
	})
	if err != nil {
		return db.refusal(err)
	}
	if len(bells) > 0 {
		db.opt.Bell(bells)
	}
	return nil
}

// View runs f on a consistent snapshot. f must not write.
func (db *DB) View(ctx context.Context, f func(*Tx) error) error {
	return db.refusal(db.engine.view(ctx, func(r runner) error { return f(db.begin(r, false)) }))
}

// Snapshot is View for what reads whole tables: it may take as long as it needs.
func (db *DB) Snapshot(ctx context.Context, f func(*Tx) error) error {
	return db.refusal(db.engine.snapshot(ctx, func(r runner) error { return f(db.begin(r, false)) }))
}

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	return db.View(ctx, func(tx *Tx) error {
		var one int
		_, err := tx.one(ctx, `SELECT 1`, nil, &one)
		return err
	})
}

func (db *DB) begin(r runner, writes bool) *Tx {
	return &Tx{r: r, db: db, writes: writes, locks: writes && db.engine.locksRows(), logs: map[room.Address]*room.Log{}}
}

// refusal turns accidents of the database into faults that say what to do.
func (db *DB) refusal(err error) error {
	if err == nil || fault.Of(err) != nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if f := db.engine.classify(err); f != nil {
		return f.Because(err)
	}
	return fmt.Errorf("store: %w", err)
}

func errFull() *fault.Fault {
	return fault.New(fault.Unavailable, "storage_full", "The server's disk is full. Nothing was saved; please try again later.").After(10 * time.Second)
}

func errBusy() *fault.Fault {
	return fault.New(fault.Unavailable, "storage_busy", "The server has too much to write right now. Please try again.").After(time.Second)
}

func errDown() *fault.Fault {
	return fault.New(fault.Unavailable, "storage_unavailable", "The server cannot reach its database right now. Please try again.").After(2 * time.Second)
}

// Tx is one transaction. Its methods are the domain's questions, a file each.
type Tx struct {
	r        runner
	db       *DB
	writes   bool
	locks    bool                       // rows must be locked by hand
	logs     map[room.Address]*room.Log // that nobody else can move until the transaction ends
	appended []room.Bell
	accounts map[ledger.Account]int64 // numbers of those that are open
}

// Unit gives a package of the domain its own view of transactions: T is the Tx
// interface that the package declares.
type Unit[T any] struct {
	db *DB
	as func(*Tx) T
}

// UnitOf returns the view; as is almost always the identity.
func UnitOf[T any](db *DB, as func(*Tx) T) Unit[T] { return Unit[T]{db, as} }

// Update is DB.Update as T.
func (u Unit[T]) Update(ctx context.Context, f func(T) error) error {
	return u.db.Update(ctx, func(tx *Tx) error { return f(u.as(tx)) })
}

// Snapshot is DB.Snapshot as T.
func (u Unit[T]) Snapshot(ctx context.Context, f func(T) error) error {
	return u.db.Snapshot(ctx, func(tx *Tx) error { return f(u.as(tx)) })
}

// View is DB.View as T.
func (u Unit[T]) View(ctx context.Context, f func(T) error) error {
	return u.db.View(ctx, func(tx *Tx) error { return f(u.as(tx)) })
}
