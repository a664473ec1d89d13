package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// sqliteEngine has one writer, which commits in groups, and a few readers.
type sqliteEngine struct {
	writer  *groupCommit
	write   *sql.DB
	readers *readers
}

// openSQLite opens FILE. Every setting that a driver's default could change is
// set here and asserted: a write-ahead log, a sync on each commit (FULL: a
// NORMAL commit is lost when the power goes), foreign keys, a busy timeout.
func openSQLite(ctx context.Context, file string) (engine, error) {
	if err := writable(filepath.Dir(file)); err != nil {
		return nil, err
	}
	dsn := func(mode string) string {
		q := url.Values{"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)"}}
		return "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + q.Encode() + mode
	}
	if err := makePrivate(file); err != nil {
		return nil, openError(file, err)
	}
	write, err := sql.Open("sqlite", dsn("&_txlock=immediate&_pragma=cache_size(-16384)&_pragma=wal_autocheckpoint(8000)&_pragma=temp_store(MEMORY)"))
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	conn, err := write.Conn(ctx)
	if err != nil {
		return nil, errors.Join(openError(file, err), write.Close())
	}
	if err := assertPragmas(ctx, conn); err != nil {
		return nil, errors.Join(openError(file, err), conn.Close(), write.Close())
	}
	read, err := sql.Open("sqlite", dsn("&_pragma=query_only(1)"))
	if err != nil {
		return nil, errors.Join(err, conn.Close(), write.Close())
	}
	e := &sqliteEngine{write: write, readers: newReaders(read), writer: newGroupCommit(conn)}
	return e, nil
}

// makePrivate makes a new database's file before SQLite does, so that nobody but
// its owner reads it, nor the files that SQLite puts beside it. One that is there
// is not touched: closing it here would let go of others' locks on it.
func makePrivate(file string) error {
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) { // made by another start at the same moment
		return nil
	} else if err != nil {
		return err
	}
	return f.Close()
}

func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault.New(fault.Unavailable, "data_not_writable", "The data folder %q cannot be made: check that this user may write there.", dir).Because(err)
	}
	f, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return fault.New(fault.Unavailable, "data_not_writable", "The data folder %q is not writable: check its owner and rights.", dir).Because(err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func openError(file string, err error) error {
	return fmt.Errorf("open database %s: %w", file, err)
}

func assertPragmas(ctx context.Context, conn *sql.Conn) error {
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		var got string
		if err := conn.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got); err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("sqlite: %s is %s, want %s", pragma, got, want)
		}
	}
	return nil
}

func (e *sqliteEngine) update(ctx context.Context, job func(runner) error) error {
	return e.writer.do(ctx, job)
}

func (e *sqliteEngine) migrate(ctx context.Context, job func(runner) error) error {
	return e.writer.do(ctx, job)
}

func (e *sqliteEngine) view(ctx context.Context, job func(runner) error) error {
	return e.readers.view(ctx, job)
}

// snapshot implements engine: a view has no limit here.
func (e *sqliteEngine) snapshot(ctx context.Context, job func(runner) error) error {
	return e.readers.view(ctx, job)
}

func (e *sqliteEngine) locksRows() bool { return false }

func (e *sqliteEngine) takesArrays() bool { return false }

func (e *sqliteEngine) kind() string { return "sqlite" }

func (e *sqliteEngine) columns() string {
	return `SELECT t.name, c.name, lower(c.type) FROM sqlite_master t JOIN pragma_table_info(t.name) c
		WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY t.name, c.cid`
}

func (e *sqliteEngine) references() string {
	return `SELECT t.name, f."table" FROM sqlite_master t JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table'`
}

func (e *sqliteEngine) classify(err error) *fault.Fault {
	var se *sqlite.Error
	if !errors.As(err, &se) {
		if errors.Is(err, sql.ErrConnDone) || errors.Is(err, errClosed) {
			return errDown()
		}
		return nil
	}
	switch se.Code() & 0xff {
	case sqlitelib.SQLITE_FULL:
		return errFull()
	case sqlitelib.SQLITE_BUSY, sqlitelib.SQLITE_LOCKED:
		return errBusy()
	case sqlitelib.SQLITE_IOERR, sqlitelib.SQLITE_READONLY, sqlitelib.SQLITE_CANTOPEN:
		if strings.Contains(se.Error(), "no space") || fullDisk(se.Code()) {
			return errFull()
		}
		return errDown()
	}
	return nil
}

// fullDisk names the extended codes that a write to a full disk ends in when
// the file system reports it late.
func fullDisk(code int) bool {
	return code == sqlitelib.SQLITE_IOERR_WRITE || code == sqlitelib.SQLITE_IOERR_SHMSIZE || code == sqlitelib.SQLITE_IOERR_FSYNC
}

func (e *sqliteEngine) close() error {
	if e.writer == nil { // opened by Inspect
		return e.readers.close()
	}
	return errors.Join(e.writer.close(), e.readers.close(), e.write.Close())
}
