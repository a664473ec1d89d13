package app

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/subspace-live/subspace/internal/adapter/backup"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/config"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

// Restore fills an empty data folder and an empty database with the backup in
// dir. All of the backup is looked at before anything is written; then either
// everything is there or nothing. Killed in between it leaves a folder in which
// no server starts, and which the same command finishes. In the end the doctor
// looks at what was restored; what they find stays, and is the error.
func Restore(ctx context.Context, cfg config.Config, sur Surroundings, dir string) (err error) {
	began := sur.Now()
	b, err := backup.Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	stock := stockOf(b)
	if err := stock.Fits(); err != nil {
		return err
	}
	if err := refuseReserved(b.Files); err != nil {
		return err
	}
	if err := b.Verify(ctx); err != nil {
		return err
	}
	lock, err := lockFolder(cfg.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if stock.History, err = claimFolder(cfg, b.Files); err != nil {
		return err
	}
	stock.Last = func(ctx context.Context) error { return b.Unpack(ctx, cfg.Data) }
	if err := store.Fill(ctx, storeOptions(cfg, sur), stock); err != nil {
		return errors.Join(brokenOff(ctx, err), clearFolder(cfg.Data))
	}
	if err := os.Remove(filepath.Join(cfg.Data, restoringName)); err != nil {
		return err
	}
	sur.Tell("Restored %d tables with %d rows and %d files from %s, of %s, in %v.\n",
		len(b.Tables), b.AllRows(), len(b.Files), dir, b.Began.Local().Format("2 January 2006 15:04 MST"), since(began, sur))
	return Doctor(ctx, cfg, sur)
}

func stockOf(b *backup.Backup) store.Stock {
	s := store.Stock{Rows: b.Rows}
	for _, m := range b.Migrations {
		s.Migrations = append(s.Migrations, store.Migration(m))
	}
	for _, t := range b.Tables {
		s.Tables = append(s.Tables, store.StockTable{Name: t.Name, Columns: t.Columns, Rows: t.Rows})
	}
	return s
}

// refuseReserved refuses files that would stand where the server has its own.
func refuseReserved(files []backup.File) error {
	for _, f := range files {
		if f.Name == lockName || f.Name == restoringName || ofDatabase(f.Name, databaseName) {
			return fault.New(fault.Conflict, "backup_broken", "The backup is damaged: it holds a file named %q. Nothing was restored.", f.Name)
		}
	}
	return nil
}

// claimFolder marks an empty data folder as one that is being restored, and
// returns the word for the history that begins with it. What a restore of the
// same files that was broken off has left is taken over, with its word.
func claimFolder(cfg config.Config, files []backup.File) (string, error) {
	mark := filepath.Join(cfg.Data, restoringName)
	word, err := os.ReadFile(mark)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	expected := map[string]bool{lockName: true, lostAndFound: true}
	if err == nil {
		expected[restoringName] = true
		for _, f := range files {
			top, _, _ := strings.Cut(f.Name, "/")
			expected[top] = true
		}
	}
	there, err := os.ReadDir(cfg.Data)
	if err != nil {
		return "", err
	}
	for _, e := range there {
		ours := expected[restoringName] && ofDatabase(filepath.Join(cfg.Data, e.Name()), databaseFile(cfg))
		if !ours && !expected[e.Name()] {
			return "", fault.New(fault.Conflict, "restore_not_empty",
				"The data folder %q is not empty: it holds %q. A backup is restored into an empty one only. Nothing was changed. Name another with --data.", cfg.Data, e.Name())
		}
	}
	if len(word) > 0 {
		return string(word), nil
	}
	fresh := rand.Text()
	return fresh, writeDurably(mark, fresh)
}

// writeDurably writes a file so that it is there after the power went.
func writeDurably(name, text string) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// clearFolder removes what a restore has written into a folder that was empty.
func clearFolder(dir string) error {
	there, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range there {
		if e.Name() != lockName && e.Name() != lostAndFound && e.Name() != restoringName {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
		}
	}
	if err != nil {
		return err
	}
	return os.Remove(filepath.Join(dir, restoringName)) // last: until then the folder is no server's
}
