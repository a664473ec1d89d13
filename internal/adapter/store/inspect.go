package store

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"strings"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Inspect opens a database only to look at it, also while servers work with it:
// it migrates nothing, takes no lock and makes no folder, and every Update fails.
func Inspect(ctx context.Context, opt Options) (*DB, error) {
	e, err := inspectEngine(ctx, opt.URL)
	if err != nil {
		return nil, err
	}
	return &DB{engine: readOnly{e}, opt: opt, ids: ident.NewSource(opt.Now, opt.Random)}, nil
}

func inspectEngine(ctx context.Context, address string) (engine, error) {
	file, ok := strings.CutPrefix(address, "sqlite:")
	if !ok {
		return openEngine(ctx, address)
	}
	if _, err := os.Stat(file); err != nil {
		return nil, fault.New(fault.Missing, "database_missing", "There is no database at %q: check --data, or start the server once.", file).Because(err)
	}
	q := url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(5000)", "query_only(1)"}}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?"+q.Encode())
	if err != nil {
		return nil, openError(file, err)
	}
	return &sqliteEngine{readers: newReaders(db)}, nil
}

var errReadOnly = errors.New("the database was opened to be looked at")

// readOnly is an engine through which nothing is written.
type readOnly struct{ engine }

func (readOnly) update(context.Context, func(runner) error) error { return errReadOnly }

func (readOnly) migrate(context.Context, func(runner) error) error { return errReadOnly }
