package store

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

type migration struct {
	version  int
	name     string
	text     string
	checksum string
}

// migrate brings the schema up to date, all in one transaction and alone among
// the nodes of this database.
func (db *DB) migrate(ctx context.Context) error {
	all, err := readMigrations(migrations)
	if err != nil {
		return err
	}
	return db.refusal(db.engine.migrate(ctx, func(r runner) error {
		if err := noteMigrations(ctx, r); err != nil {
			return err
		}
		applied, err := appliedMigrations(ctx, r)
		if err != nil {
			return err
		}
		if err := checkApplied(all, applied); err != nil {
			return err
		}
		for _, m := range all {
			if _, done := applied[m.version]; done {
				continue
			}
			if err := db.apply(ctx, r, m); err != nil {
				return err
			}
		}
		return nil
	}))
}

// noteMigrations makes the table in which a database notes its migrations.
func noteMigrations(ctx context.Context, r runner) error {
	_, err := r.run(ctx, statement{text: `CREATE TABLE IF NOT EXISTS schema_migration
		(version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, at BIGINT NOT NULL)`})
	return err
}

func (db *DB) apply(ctx context.Context, r runner, m migration) error {
	for _, stmt := range strings.Split(m.text, ";\n") {
		if strings.TrimSpace(stmt) == "" {
			continue
		}
		if _, err := r.run(ctx, statement{text: stmt}); err != nil {
			return fmt.Errorf("migration %s: %w", m.name, err)
		}
	}
	_, err := r.run(ctx, statement{
		text: `INSERT INTO schema_migration (version, name, checksum, at) VALUES ($1, $2, $3, $4)`,
		args: []any{m.version, m.name, m.checksum, db.opt.Now().UnixMilli()},
	})
	return err
}

func appliedMigrations(ctx context.Context, r runner) (map[int]string, error) {
	applied := map[int]string{}
	_, err := r.run(ctx, statement{`SELECT version, checksum FROM schema_migration`, nil, func(scan func(...any) error) error {
		var v int
		var sum string
		err := scan(&v, &sum)
		applied[v] = sum
		return err
	}})
	return applied, err
}

// checkApplied refuses a database that this release does not know.
func checkApplied(all []migration, applied map[int]string) error {
	known := map[int]migration{}
	for _, m := range all {
		known[m.version] = m
	}
	for v, sum := range applied {
		m, ok := known[v]
		if !ok {
			return fault.New(fault.Conflict, "database_newer",
				"This database was written by a newer release of Subspace (schema %d, this release knows %d). Nothing was changed. Start the newer release, or restore a backup made before the upgrade.", v, len(all))
		}
		if m.checksum != sum {
			return fault.New(fault.Conflict, "database_differs", "Migration %s of this database is not the one of this release. Nothing was changed.", m.name)
		}
	}
	return nil
}

// Schema names the schema that this release makes: a checksum over its migrations.
func Schema() (string, error) {
	all, err := readMigrations(migrations)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, m := range all {
		sum.Write([]byte(m.checksum))
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func readMigrations(dir fs.FS) ([]migration, error) {
	names, err := fs.Glob(dir, "migrations/*.sql") // sorted
	if err != nil {
		return nil, err
	}
	var all []migration
	for i, name := range names {
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		base := strings.TrimPrefix(name, "migrations/")
		number, _, _ := strings.Cut(base, "_")
		v, err := strconv.Atoi(number)
		if err != nil || v != i+1 {
			return nil, fmt.Errorf("migration %s: numbers must be 0001, 0002, … without a gap", base)
		}
		sum := sha256.Sum256(text)
		all = append(all, migration{v, base, string(text), hex.EncodeToString(sum[:])})
	}
	return all, nil
}
