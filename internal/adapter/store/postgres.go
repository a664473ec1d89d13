package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver named 'pgx'

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// postgresConns bounds the connections of one node.
const postgresConns = 16

// postgresTries is how often a transaction that PostgreSQL asked to repeat is run.
const postgresTries = 4

// migrationLock is the key of the advisory lock that nodes take to migrate one
// at a time; any number that nothing else in the database uses will do.
const migrationLock = 0x5355_4253

type postgresEngine struct{ db *sql.DB }

func openPostgres(ctx context.Context, url string) (engine, error) {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return nil, fault.New(fault.Invalid, "database_url_invalid", "The database address cannot be read.")
	}
	db.SetMaxOpenConns(postgresConns)
	db.SetMaxIdleConns(postgresConns)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(errDown().Because(err), db.Close())
	}
	return &postgresEngine{db}, nil
}

func (e *postgresEngine) update(ctx context.Context, job func(runner) error) error {
	var err error
	for range postgresTries {
		if err = e.transact(ctx, nil, job); !repeatable(err) {
			return err
		}
	}
	return err
}

func (e *postgresEngine) view(ctx context.Context, job func(runner) error) error {
	return e.transact(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}, job)
}

func (e *postgresEngine) migrate(ctx context.Context, job func(runner) error) error {
	return e.transact(ctx, nil, func(r runner) error {
		if _, err := r.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, migrationLock); err != nil {
			return fmt.Errorf("wait for another node's migration: %w", err)
		}
		return job(r)
	})
}

func (e *postgresEngine) transact(ctx context.Context, opt *sql.TxOptions, job func(runner) error) error {
	tx, err := e.db.BeginTx(ctx, opt)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
	if err := guarded(job, tx); err != nil {
		return err
	}
	return tx.Commit()
}

// repeatable reports a serialization failure or a deadlock (PostgreSQL manual,
// appendix A, class 40).
func repeatable(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && (pe.Code == "40001" || pe.Code == "40P01")
}

func (e *postgresEngine) locksRows() bool { return true }

func (e *postgresEngine) takesArrays() bool { return true }

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
		case pe.Code[:2] == "57", pe.Code[:2] == "08":
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
