package app

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// The names in a data folder that are no data.
const (
	lockName      = "lock"
	restoringName = "restoring" // stands while a backup is being restored
)

// takeFolder is lockFolder for a server, which does not begin with half a backup.
func takeFolder(dir string) (io.Closer, error) {
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	if err := refuseUnfinished(dir); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

func refuseUnfinished(dir string) error {
	if _, err := os.Lstat(filepath.Join(dir, restoringName)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return fault.New(fault.Conflict, "restore_unfinished",
		"A backup was being restored into the data folder %q, and was broken off. Run 'subspace restore' again, with the same backup.", dir)
}

// lockFolder makes the data folder ours until the answer is closed or the
// process ends: two servers in one folder would be one node twice.
func lockFolder(dir string) (io.Closer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.New(fault.Unavailable, "data_not_writable", "The data folder %q cannot be made: check that its parent exists, is a folder, and that this user may write there.", dir).Because(err)
	}
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "data_not_writable", "The data folder %q is not writable: check its owner and rights.", dir).Because(err)
	}
	if err := flock(f); err != nil {
		f.Close()
		return nil, fault.New(fault.Conflict, "data_in_use", "Another Subspace server uses the data folder %q. Stop it, or give this one a folder of its own with --data.", dir).Because(err)
	}
	return f, nil
}
