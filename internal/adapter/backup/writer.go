package backup

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"
	"unicode/utf8"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// Writer writes a backup, under another name until it is whole.
type Writer struct {
	dir  string
	work string   // dir until it is finished
	held *os.File // the lock on work

	tables  []Table
	files   []File
	leftOut []LeftOut

	table *contents // of the last table
	row   []any
	line  bytes.Buffer
	lines *json.Encoder // into line
}

// Create begins a backup that will be the folder dir, which must not exist yet.
// hold takes the lock of an open file or folder, or fails at once: what a backup
// that was broken off has left is taken over, and one that runs is not touched.
func Create(dir string, hold func(*os.File) error) (*Writer, error) {
	if _, err := os.Lstat(dir); err == nil {
		return nil, fault.New(fault.Conflict, "backup_exists", "%q exists already. Name a folder that does not exist yet: a backup overwrites nothing.", dir)
	}
	w := &Writer{dir: filepath.Clean(dir), work: filepath.Clean(dir) + partial}
	w.lines = json.NewEncoder(&w.line)
	w.lines.SetEscapeHTML(false)
	if err := os.Mkdir(w.work, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, unwritable(w.work, err)
	}
	var err error
	if w.held, err = os.Open(w.work); err != nil {
		return nil, unwritable(w.work, err)
	}
	if err := hold(w.held); err != nil {
		return nil, errors.Join(fault.New(fault.Conflict, "backup_running", "Another backup is being written to %q. Wait for it, or name another folder.", dir).Because(err), w.held.Close())
	}
	if err := w.prepare(); err != nil {
		return nil, errors.Join(err, w.held.Close())
	}
	return w, nil
}

// prepare empties the folder of what another left and makes the folders inside.
func (w *Writer) prepare() error {
	left, err := os.ReadDir(w.work)
	if err != nil {
		return unwritable(w.work, err)
	}
	for _, e := range left {
		if err := os.RemoveAll(filepath.Join(w.work, e.Name())); err != nil {
			return unwritable(w.work, err)
		}
	}
	for _, name := range []string{"", tablesFolder, filesFolder} {
		folder := filepath.Join(w.work, name)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return unwritable(folder, err)
		}
		if err := os.Chmod(folder, 0o700); err != nil {
			return unwritable(folder, err)
		}
	}
	return nil
}

// Table begins the next table.
func (w *Writer) Table(name string, columns []string) error {
	if err := w.endTable(); err != nil {
		return err
	}
	out, err := w.create(path.Join(tablesFolder, name+tableSuffix))
	if err != nil {
		return err
	}
	w.table = out
	w.tables = append(w.tables, Table{Name: name, Columns: columns})
	return nil
}

// Row writes a row of the table: strings and int64s in the order of its columns.
func (w *Writer) Row(values []any) error {
	w.row = append(w.row[:0], values...)
	for i, v := range w.row {
		if s, ok := v.(string); ok && !utf8.ValidString(s) {
			w.row[i] = map[string]string{"base64": base64.StdEncoding.EncodeToString([]byte(s))}
		}
	}
	w.line.Reset()
	if err := w.lines.Encode(w.row); err != nil {
		return err
	}
	w.tables[len(w.tables)-1].Rows++
	_, err := w.table.Write(w.line.Bytes())
	return err
}

func (w *Writer) endTable() error {
	if w.table == nil {
		return nil
	}
	content, err := w.table.close()
	w.tables[len(w.tables)-1].Content = content
	w.table = nil
	return err
}

// Folder copies the files below a folder as they are now. leave says why one is
// left out, or "" to take it; a folder that is left out is so with all it holds.
func (w *Writer) Folder(ctx context.Context, from string, leave func(name string, e fs.DirEntry) string) error {
	return fs.WalkDir(os.DirFS(from), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && name != ".":
			return nil // gone meanwhile
		case err != nil:
			return unreadable(filepath.Join(from, name), err)
		case ctx.Err() != nil:
			return ctx.Err()
		case name == ".":
			return nil
		}
		if why := leave(name, e); why != "" {
			w.leftOut = append(w.leftOut, LeftOut{name, why})
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if e.IsDir() {
			return nil
		}
		return w.file(from, name)
	})
}

func (w *Writer) file(from, name string) error {
	in, err := os.Open(filepath.Join(from, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // gone meanwhile
	} else if err != nil {
		return unreadable(filepath.Join(from, name), err)
	}
	defer in.Close() //nolint:errcheck // it was only read
	out, err := w.create(path.Join(filesFolder, name))
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); fault.Of(err) != nil {
		return errors.Join(err, out.abandon())
	} else if err != nil {
		return errors.Join(unreadable(filepath.Join(from, name), err), out.abandon())
	}
	content, err := out.close()
	w.files = append(w.files, File{Name: name, Content: content})
	return err
}

// Finish writes the manifest, with what the writer knows filled in, and gives the
// backup its name. It returns the manifest.
func (w *Writer) Finish(m Manifest) (Manifest, error) {
	if err := w.endTable(); err != nil {
		return m, err
	}
	m.Format, m.Tables, m.Files, m.LeftOut = Format, w.tables, w.files, w.leftOut
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return m, err
	}
	text = append(text, '\n')
	sum := sha256.Sum256(text)
	for _, f := range []struct {
		name string
		text []byte
	}{{sumName, []byte(sumLine(hex.EncodeToString(sum[:])))}, {manifestName, text}} {
		out, err := w.create(f.name)
		if err != nil {
			return m, err
		}
		if _, err := out.Write(f.text); err != nil {
			return m, errors.Join(err, out.abandon())
		}
		if _, err := out.close(); err != nil {
			return m, err
		}
	}
	return m, w.appear()
}

// appear makes everything durable and gives the folder its name.
func (w *Writer) appear() error {
	err := filepath.WalkDir(w.work, func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		return syncFolder(name)
	})
	if err != nil {
		return unwritable(w.work, err)
	}
	if err := os.Rename(w.work, w.dir); err != nil {
		return unwritable(w.dir, err)
	}
	return errors.Join(syncFolder(filepath.Dir(w.dir)), w.held.Close())
}

func syncFolder(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Abandon removes what was written of a backup that is not finished.
func (w *Writer) Abandon() error {
	var table error
	if w.table != nil {
		table = w.table.abandon()
	}
	return errors.Join(table, os.RemoveAll(w.work), w.held.Close())
}

// contents is a file that is being written and summed.
type contents struct {
	file  *os.File
	out   *bufio.Writer
	sum   hash.Hash
	bytes int64
}

func (w *Writer) create(name string) (*contents, error) {
	full := filepath.Join(w.work, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
		return nil, unwritable(full, err)
	}
	f, err := os.OpenFile(full, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, unwritable(full, err)
	}
	return &contents{file: f, out: bufio.NewWriterSize(explained{f, full}, 1<<16), sum: sha256.New()}, nil
}

func (c *contents) Write(p []byte) (int, error) {
	n, err := c.out.Write(p)
	c.sum.Write(p[:n])
	c.bytes += int64(n)
	return n, err
}

func (c *contents) close() (Content, error) {
	err := c.out.Flush()
	if err == nil {
		if err = c.file.Sync(); err != nil {
			err = unwritable(c.file.Name(), err)
		}
	}
	return Content{c.bytes, hex.EncodeToString(c.sum.Sum(nil))}, errors.Join(err, c.file.Close())
}

func (c *contents) abandon() error { return c.file.Close() }

// explained says in a sentence what hinders writing to a file.
type explained struct {
	io.Writer
	name string
}

func (w explained) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if err != nil {
		err = unwritable(w.name, err)
	}
	return n, err
}

func unwritable(name string, err error) *fault.Fault {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fault.New(fault.Unavailable, "storage_full", "The disk of %q is full. What was written there was removed again.", filepath.Dir(name)).Because(err)
	}
	return fault.New(fault.Unavailable, "folder_not_writable", "%q cannot be written: check that its parent exists and that this user may write there.", name).Because(err)
}

func unreadable(name string, err error) *fault.Fault {
	return fault.New(fault.Unavailable, "data_not_readable", "%q cannot be read: run this as the user that the server runs as.", name).Because(err)
}
