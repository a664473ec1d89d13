package recording

import "golang.org/x/sys/unix"

// room returns how much may still be written to the disk of a folder, and how large it is.
func room(dir string) (free, total int64, err error) {
	var fs unix.Statfs_t
	for {
		if err = unix.Statfs(dir, &fs); err != unix.EINTR {
			break
		}
	}
	return int64(fs.Bavail) * fs.Bsize, int64(fs.Blocks) * fs.Bsize, err
}
