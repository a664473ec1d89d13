package app

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/backup"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/config"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

// Backup copies everything a server keeps into the folder dir, which must not
// exist yet. The server may run meanwhile: the database is read as it is at one
// moment, then the data folder's files, so that what the data refers to is there.
// A database that breaks its promises is copied all the same, and said to.
func Backup(ctx context.Context, cfg config.Config, sur Surroundings, dir string) (err error) {
	began := sur.Now()
	if err := besides(cfg.Data, dir); err != nil {
		return err
	}
	if err := refuseUnfinished(cfg.Data); err != nil {
		return err
	}
	db, err := store.Inspect(ctx, storeOptions(cfg, sur))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	w, err := backup.Create(dir, flock)
	if err != nil {
		return err
	}
	m, err := copyServer(ctx, cfg, sur, db, w)
	if err == nil {
		m.Began, m.Ended, m.Release = began.UTC(), sur.Now().UTC(), sur.Version
		m, err = w.Finish(m)
	}
	if err != nil {
		return errors.Join(brokenOff(ctx, err), w.Abandon())
	}
	sur.Tell("Backed up %d tables with %d rows and %d files into %s in %v.\n", len(m.Tables), m.AllRows(), len(m.Files), dir, since(began, sur))
	for _, left := range m.LeftOut {
		sur.Tell("  left out: %s (%s)\n", left.Name, left.Why)
	}
	return damaged(m.Findings)
}

// besides refuses a data folder that is not there, and a backup inside of it,
// which the next one would copy.
func besides(data, dir string) error {
	if info, err := os.Stat(data); err != nil || !info.IsDir() {
		return fault.New(fault.Missing, "data_missing", "There is no data folder %q. Name the server's own with --data.", data).Because(err)
	}
	inside, err := filepath.EvalSymlinks(data)
	if err != nil {
		return err
	}
	parent, err := filepath.EvalSymlinks(filepath.Dir(filepath.Clean(dir)))
	if err != nil {
		return nil // Create says what is wrong with it
	}
	for _, p := range []*string{&inside, &parent} {
		if *p, err = filepath.Abs(*p); err != nil {
			return err
		}
	}
	if way, err := filepath.Rel(inside, parent); err == nil && filepath.IsLocal(way) {
		return fault.New(fault.Invalid, "backup_inside", "%q lies in the data folder, and each backup would hold all those before it. Name a folder elsewhere.", dir)
	}
	return nil
}

func copyServer(ctx context.Context, cfg config.Config, sur Surroundings, db *store.DB, w *backup.Writer) (backup.Manifest, error) {
	copied, err := db.Copy(ctx, w)
	if err != nil {
		return backup.Manifest{}, err
	}
	m := backup.Manifest{Database: copied.Kind}
	for _, step := range copied.Migrations {
		m.Migrations = append(m.Migrations, backup.Migration(step))
	}
	if err := w.Folder(ctx, cfg.Data, leaver(cfg)); err != nil || !copied.Current {
		return m, err
	}
	m.Findings, err = findings(ctx, db)
	return m, err
}

// findings returns which promises the database breaks, as the doctor would.
func findings(ctx context.Context, db *store.DB) (all []backup.Finding, err error) {
	for _, c := range db.Checks() {
		found, err := c.Broken(ctx)
		if err != nil {
			return nil, err
		}
		for _, says := range found {
			all = append(all, backup.Finding{Check: c.Promise, Says: says})
		}
	}
	return all, nil
}

// leaver says which names of the data folder are no data, and why.
func leaver(cfg config.Config) func(string, fs.DirEntry) string {
	return func(name string, e fs.DirEntry) string {
		switch {
		case name == lockName:
			return "the lock of the running server"
		case ofDatabase(filepath.Join(cfg.Data, name), databaseFile(cfg)):
			return "the database, whose tables are in the backup"
		case ofDatabase(name, databaseName):
			return "an SQLite database that this server does not use"
		case name == lostAndFound:
			return "the file system's"
		case strings.HasPrefix(e.Name(), "."):
			return "temporary"
		case !e.IsDir() && !e.Type().IsRegular():
			return "no ordinary file"
		}
		return ""
	}
}

// databaseName is SQLite's file in the data folder; lostAndFound stands at the
// root of a disk.
const (
	databaseName = "subspace.db"
	lostAndFound = "lost+found"
)

// databaseFile returns the file of an SQLite database, or "".
func databaseFile(cfg config.Config) string {
	file, is := strings.CutPrefix(cfg.DatabaseURL(), "sqlite:")
	if !is {
		return ""
	}
	return filepath.Clean(file)
}

// ofDatabase reports whether a file is an SQLite database, or stands beside it.
func ofDatabase(name, database string) bool {
	behind, is := strings.CutPrefix(name, database)
	return is && database != "" && slices.Contains([]string{"", "-wal", "-shm", "-journal"}, behind)
}

func storeOptions(cfg config.Config, sur Surroundings) store.Options {
	return store.Options{URL: cfg.DatabaseURL(), Now: sur.Now, Random: rand.Reader}
}

// brokenOff says that somebody stopped what was being done.
func brokenOff(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return fault.New(fault.Unavailable, "cancelled", "Stopped before the end. What was written was removed again.").Because(err)
}

// damaged says which promises a copied database did not keep.
func damaged(findings []backup.Finding) error {
	if len(findings) == 0 {
		return nil
	}
	all := make([]string, len(findings))
	for i, f := range findings {
		all[i] = f.Check + ": " + f.Says
	}
	return fault.New(fault.Conflict, "database_damaged", "The backup is whole, but the database is not as it should be. %s", strings.Join(all, "; "))
}

func since(began time.Time, sur Surroundings) time.Duration {
	return sur.Now().Sub(began).Round(time.Millisecond)
}
