package app

import (
	"io"
	"os"
	"path/filepath"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// lockFolder makes the data folder ours until the answer is closed or the
// process ends: two servers in one folder would be one node twice.
func lockFolder(dir string) (io.Closer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.New(fault.Unavailable, "data_not_writable", "The data folder %q cannot be made: check that its parent exists, is a folder, and that this user may write there.", dir).Because(err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "data_not_writable", "The data folder %q is not writable: check its owner and rights.", dir).Because(err)
	}
	if err := flock(f); err != nil {
		f.Close()
		return nil, fault.New(fault.Conflict, "data_in_use", "Another Subspace server uses the data folder %q. Stop it, or give this one a folder of its own with --data.", dir).Because(err)
	}
	return f, nil
}
