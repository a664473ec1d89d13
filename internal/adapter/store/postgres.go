package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib" // also the driver named 'pgx', for tests

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// postgresConns bounds the connections of one node.
const postgresConns = 16

// postgresTries is how often a transaction that PostgreSQL asked to repeat is run.
const postgresTries = 4

// migrationLock is the key of the advisory lock that nodes take to migrate one
// at a time; any number that nothing else in the database uses will do.
const migrationLock = 0x5355_4253

// The patience with a database, and with nodes, that say nothing.
const (
	// answerLimit is how long a transaction may take, waiting for a connection
	// included: who asks a database that hangs is told so.
	answerLimit = 8 * time.Second
	// statementLimit is how long PostgreSQL works on a statement, when the node
	// that asked cannot take it back any more. It is longer than answerLimit.
	statementLimit = 10 * time.Second
	// idleLimit is how long PostgreSQL keeps a transaction open, and with it the
	// locks that all nodes wait for, while its node says nothing. It is shorter, so
	// that those who wait get their turn.
	idleLimit = 5 * time.Second
)

type postgresEngine struct{ db *sql.DB }

func openPostgres(ctx context.Context, url string) (engine, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fault.New(fault.Invalid, "database_url_invalid", "The database address cannot be read.")
	}
	db := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, limits(config.RuntimeParams))
		return err
	}))
	db.SetMaxOpenConns(postgresConns)
	db.SetMaxIdleConns(postgresConns)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(errDown().Because(err), db.Close())
	}
	return &postgresEngine{db}, nil
}

// limits returns what sets the limits of a new connection, but for those that the
// database's address sets itself. They are asked for and not part of the greeting,
// because poolers refuse greetings with settings that they do not know.
func limits(set map[string]string) string {
	text := ""
	for _, l := range []struct {
		name string
		d    time.Duration
	}{{"statement_timeout", statementLimit}, {"idle_in_transaction_session_timeout", idleLimit}} {
		if _, is := set[l.name]; !is {
			text += "SET " + l.name + " = " + strconv.FormatInt(l.d.Milliseconds(), 10) + ";"
		}
	}
	return text
}

func (e *postgresEngine) update(ctx context.Context, job func(runner) error) error {
	return within(ctx, func(by time.Time) (err error) {
		for range postgresTries {
			if err = e.transact(ctx, by, `BEGIN`, job); !repeatable(err) {
				return err
			}
		}
		return err
	})
}

func (e *postgresEngine) view(ctx context.Context, job func(runner) error) error {
	return within(ctx, func(by time.Time) error {
		return e.transact(ctx, by, `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`, job)
	})
}

// within runs what may take until a time. When that has passed, and the caller
// would have waited longer, the database is to blame.
func within(ctx context.Context, run func(by time.Time) error) error {
	by := time.Now().Add(answerLimit)
	err := run(by)
	if errors.Is(err, context.DeadlineExceeded) && fault.Of(err) == nil && ctx.Err() == nil && !time.Now().Before(by) {
		return errDown().Because(err)
	}
	return err
}

// snapshot has no limit: it may read whole tables, and wait for who takes them.
func (e *postgresEngine) snapshot(ctx context.Context, job func(runner) error) error {
	return e.transact(ctx, time.Time{}, `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`, func(r runner) error {
		if err := unlimited(ctx, r); err != nil {
			return err
		}
		return job(r)
	})
}

// unlimited lets a transaction work long, and its node do something else
// meanwhile.
func unlimited(ctx context.Context, r runner) error {
	_, err := r.run(ctx, statement{text: `SET LOCAL statement_timeout = 0`}, statement{text: `SET LOCAL idle_in_transaction_session_timeout = 0`})
	if err != nil {
		return fmt.Errorf("work without a limit: %w", err)
	}
	return nil
}

// migrate has no limit: it may wait for another node, and work long.
func (e *postgresEngine) migrate(ctx context.Context, job func(runner) error) error {
	return e.transact(ctx, time.Time{}, `BEGIN`, func(r runner) error {
		if err := unlimited(ctx, r); err != nil {
			return err
		}
		if _, err := r.run(ctx, statement{text: `SELECT pg_advisory_xact_lock($1)`, args: []any{migrationLock}}); err != nil {
			return fmt.Errorf("wait for another node's migration: %w", err)
		}
		return job(r)
	})
}

// transact runs job in a transaction on a connection of its own.
func (e *postgresEngine) transact(ctx context.Context, by time.Time, begin string, job func(runner) error) error {
	ctx, cancel := endingAt(ctx, by)
	defer cancel()
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // it goes back to the pool, or was broken
	return conn.Raw(func(driverConn any) error {
		tx := &postgresTx{conn: driverConn.(*stdlib.Conn).Conn(), begin: begin, by: by}
		err := guarded(func(r runner) error { // what was put off is answered at the end
			if err := job(r); err != nil {
				return err
			}
			return tx.commit(ctx)
		}, tx)
		if err != nil {
			tx.rollback(ctx)
		}
		return err
	})
}

// endingAt ends a context at a time; the zero time, 'never', leaves it as it is.
func endingAt(ctx context.Context, by time.Time) (context.Context, context.CancelFunc) {
	if by.IsZero() {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, by)
}

// postgresTx sends what waits together with what is asked next: the way to the
// database and back takes longer than most statements. The transaction begins
// with the first of them.
type postgresTx struct {
	conn    *pgx.Conn
	begin   string    // empty: it has begun
	by      time.Time // when it must be over; zero: never
	waiting []statement
	failed  error // after which nothing can be kept
	unread  bool  // answers are on their way
}

// run implements runner.
func (tx *postgresTx) run(ctx context.Context, statements ...statement) (changed int64, err error) {
	all := append(tx.waiting, statements...)
	if len(all) == 0 {
		return 0, nil
	}
	batch := &pgx.Batch{}
	if tx.begin != "" {
		all = append([]statement{{text: tx.begin}}, all...)
	}
	for _, s := range all {
		batch.Queue(s.text, s.args...)
	}
	ctx, cancel := endingAt(ctx, tx.by)
	defer cancel()
	tx.begin, tx.waiting, tx.unread = "", nil, true
	answers := tx.conn.SendBatch(ctx, batch)
	for _, s := range all {
		if changed, err = answer(answers, s); err != nil {
			break
		}
	}
	if closing := answers.Close(); err == nil { // it has read what is left, or given the connection up
		err = closing
	}
	tx.unread = false
	if tx.failed == nil {
		tx.failed = err
	}
	return changed, err
}

func answer(answers pgx.BatchResults, s statement) (int64, error) {
	if s.row == nil {
		tag, err := answers.Exec()
		return tag.RowsAffected(), err
	}
	rows, err := answers.Query()
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		if err := s.row(rows.Scan); err != nil {
			return 0, err
		}
	}
	return rows.CommandTag().RowsAffected(), rows.Err()
}

// later implements runner.
func (tx *postgresTx) later(_ context.Context, s statement) error {
	tx.waiting = append(tx.waiting, s)
	return nil
}

// commit sends what waits with the end behind it. Only what nobody looks at may
// travel with the end: whoever dislikes an answer could not undo it any more.
func (tx *postgresTx) commit(ctx context.Context) error {
	if slices.ContainsFunc(tx.waiting, func(s statement) bool { return s.row != nil }) {
		if _, err := tx.run(ctx); err != nil {
			return err
		}
	}
	if tx.failed != nil {
		return tx.failed // it was not handed on
	}
	if tx.begin != "" && len(tx.waiting) == 0 {
		return nil // nothing was asked
	}
	_, err := tx.run(ctx, statement{text: `COMMIT`})
	return err
}

// rollbackLimit is how long a database may take to give up a transaction.
const rollbackLimit = 5 * time.Second

// rollback ends what was begun, also for a caller who went away. A connection on
// which that fails is closed, and so is one on which answers are still on their
// way, because whoever read them panicked: until they are read it is not even
// known whether a transaction has begun. The pool opens another.
func (tx *postgresTx) rollback(ctx context.Context) {
	if tx.conn.IsClosed() || tx.conn.PgConn().TxStatus() == 'I' && !tx.unread {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackLimit)
	defer cancel()
	broken := tx.unread
	if !broken {
		_, err := tx.conn.Exec(ctx, `ROLLBACK`)
		broken = err != nil
	}
	if broken {
		closing := tx.conn.Close(ctx)
		_ = closing // nobody uses it again
	}
}

// repeatable reports a serialization failure or a deadlock (PostgreSQL manual,
// appendix A, class 40).
func repeatable(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && (pe.Code == "40001" || pe.Code == "40P01")
}

func (e *postgresEngine) locksRows() bool { return true }

func (e *postgresEngine) takesArrays() bool { return true }

func (e *postgresEngine) kind() string { return "postgresql" }

func (e *postgresEngine) columns() string {
	return `SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c
		JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
		WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' ORDER BY c.table_name, c.ordinal_position`
}

func (e *postgresEngine) references() string {
	return `SELECT c.conrelid::regclass::text, c.confrelid::regclass::text FROM pg_constraint c
		WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace`
}

func (e *postgresEngine) classify(err error) *fault.Fault {
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		switch {
		case pe.Code == "53100": // disk_full
			return errFull()
		case pe.Code == "22021": // character_not_in_repertoire: a zero byte
			return fault.New(fault.Invalid, "text_invalid", "The text holds a character that cannot be stored.")
		case pe.Code[:2] == "53", pe.Code[:2] == "40":
			return errBusy()
		case pe.Code[:2] == "57", pe.Code[:2] == "08", pe.Code == "25P03": // idle_in_transaction_session_timeout
			return errDown()
		}
		return nil
	}
	var ne net.Error
	var ce *pgconn.ConnectError
	if errors.As(err, &ne) || errors.As(err, &ce) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || pgconn.SafeToRetry(err) {
		return errDown()
	}
	return nil
}

func (e *postgresEngine) close() error { return e.db.Close() }
