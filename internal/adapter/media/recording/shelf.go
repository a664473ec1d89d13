package recording

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// unfinished begins the names of files that are not whole yet.
const unfinished = ".new-"

// Shelf keeps the files of recordings in a folder, each recording's in one of its own.
type Shelf struct{ dir string }

// NewShelf returns the shelf in a folder, which is made when something is put there.
func NewShelf(dir string) *Shelf { return &Shelf{dir} }

// Put stores a file in pieces, whole or not at all, so that it outlasts a loss of power. The
// fault is 'disk_full' where there is no room for it.
func (s *Shelf) Put(id ident.Broadcast, name string, content ...[]byte) error {
	dir, err := s.make(id)
	if err != nil {
		return roomless(err)
	}
	f, err := os.CreateTemp(dir, unfinished+"*")
	if err != nil {
		return roomless(err)
	}
	defer os.Remove(f.Name()) //nolint:errcheck // it is not there any more when all went well
	for i := 0; err == nil && i < len(content); i++ {
		_, err = f.Write(content[i])
	}
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return roomless(err)
	}
	if err := os.Rename(f.Name(), filepath.Join(dir, name)); err != nil {
		return roomless(err)
	}
	return roomless(settle(dir))
}

// make makes the folder of a recording, unless it is there.
func (s *Shelf) make(id ident.Broadcast) (string, error) {
	dir := s.of(id)
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return dir, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return dir, err
	}
	return dir, errors.Join(settle(s.dir), settle(filepath.Dir(s.dir)))
}

// settle has the names in a folder outlast a loss of power.
func settle(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // which does it by itself, and lets nobody ask
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// sweep removes what was being put there when the server died.
func (s *Shelf) sweep(id ident.Broadcast) error {
	left, err := os.ReadDir(s.of(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, file := range left {
		if strings.HasPrefix(file.Name(), unfinished) {
			err = errors.Join(err, os.Remove(filepath.Join(s.of(id), file.Name())))
		}
	}
	return roomless(err)
}

// spare answers 'disk_full' where so much more leaves less of the disk than a reserve.
func (s *Shelf) spare(size int64, reserve func(total int64) int64) error {
	if reserve == nil {
		return nil
	}
	free, total, err := room(s.dir)
	if err != nil {
		return fmt.Errorf("ask how full the disk is: %w", err)
	}
	if free-size < reserve(total) {
		return noRoom()
	}
	return nil
}

// Append adds to the end of a file that is there. What was not added whole is taken back.
func (s *Shelf) Append(id ident.Broadcast, name, text string) error {
	f, err := os.OpenFile(filepath.Join(s.of(id), name), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return roomless(err)
	}
	info, err := f.Stat()
	if err == nil {
		if _, err = f.WriteString(text); err != nil {
			err = errors.Join(err, f.Truncate(info.Size()))
		}
	}
	return roomless(errors.Join(err, f.Sync(), f.Close()))
}

// Read returns a file. The error matches fs.ErrNotExist when there is none.
func (s *Shelf) Read(id ident.Broadcast, name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(s.of(id), name))
}

// Open opens a file to be read in pieces.
func (s *Shelf) Open(id ident.Broadcast, name string) (*os.File, error) {
	return os.Open(filepath.Join(s.of(id), name))
}

// Playlist returns the list of a recording's segments as players are given it; over says
// that nothing more comes, whatever the list says itself.
func (s *Shelf) Playlist(id ident.Broadcast, over bool) (string, error) {
	text, err := s.Read(id, indexFile)
	if err != nil {
		return "", err
	}
	x := readIndex(text)
	x.ended = x.ended || over
	return x.playlist(), nil
}

// Size returns how long a file is; 0 when there is none.
func (s *Shelf) Size(id ident.Broadcast, name string) (int64, error) {
	info, err := os.Stat(filepath.Join(s.of(id), name))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Remove deletes all of a recording. One that is not there is removed.
func (s *Shelf) Remove(id ident.Broadcast) error {
	if id == "" {
		return errors.New("remove a recording: it has no name")
	}
	return os.RemoveAll(s.of(id))
}

// of is a recording's folder. Identifiers are made by the server, and never a path.
func (s *Shelf) of(id ident.Broadcast) string {
	return filepath.Join(s.dir, filepath.Base(string(id)))
}

func roomless(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return noRoom().Because(err)
	}
	if err != nil {
		return fmt.Errorf("store a recording: %w", err)
	}
	return nil
}

func noRoom() *fault.Fault {
	return fault.New(fault.Unavailable, "disk_full", "The server's disk is full: nothing more is recorded. The live goes on.")
}
