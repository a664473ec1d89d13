// Package backup holds the folder that a backup is.
//
// Owns: its manifest, its files, their checksums. Promises: under its name a
// folder is a whole backup or does not exist; one that was changed, cut short or
// written by a newer release is refused before anything of it is used; only its
// owner can read it. Does not do: databases, and what a data folder holds; it is
// handed rows and files, and hands them on.
//
// A table is a file of lines, each a JSON array of one row's values: text, or
// whole numbers. Text that is not UTF-8 is {"base64":"…"}.
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
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// Backup is a folder that holds a backup.
type Backup struct {
	Manifest
	dir  string
	root *os.Root
}

// Open reads the manifest of the backup in dir and refuses what is none, is
// damaged, or is of a newer format.
func Open(dir string) (*Backup, error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.Missing, "backup_missing", "There is no folder %q.", dir).Because(err)
	} else if err != nil {
		return nil, fault.New(fault.Missing, "backup_missing", "The folder %q cannot be read: check its owner and rights.", dir).Because(err)
	}
	b := &Backup{dir: dir, root: root}
	if err := b.read(); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return b, nil
}

func (b *Backup) read() error {
	text, err := b.root.ReadFile(manifestName)
	if err != nil {
		return fault.New(fault.Missing, "backup_missing",
			"The folder %q holds no backup: %s is missing. One that was broken off leaves a folder that ends with %s, and nothing to restore.", b.dir, manifestName, partial).Because(err)
	}
	var format struct{ Format int }
	if json.Unmarshal(text, &format) == nil && format.Format > Format {
		return fault.New(fault.Conflict, "backup_newer",
			"The backup %q was written by a newer release of Subspace (format %d, this release knows %d). Nothing was restored. Restore it with that release.", b.dir, format.Format, Format)
	}
	sum, err := b.root.ReadFile(sumName)
	if err != nil {
		return b.broken("%s is missing", sumName).Because(err)
	}
	if got := sha256.Sum256(text); string(sum) != sumLine(hex.EncodeToString(got[:])) {
		return b.broken("%s was changed", manifestName)
	}
	if err := json.Unmarshal(text, &b.Manifest); err != nil || b.Format != Format {
		return b.broken("%s cannot be read", manifestName).Because(err)
	}
	for _, t := range b.Tables {
		if t.Name == "" || strings.ContainsAny(t.Name, `/\.`) {
			return b.broken("a table is named %q", t.Name)
		}
	}
	for _, f := range b.Files {
		if !filepath.IsLocal(filepath.FromSlash(f.Name)) || path.Clean(f.Name) != f.Name {
			return b.broken("a file is named %q", f.Name)
		}
	}
	return nil
}

func (b *Backup) broken(format string, args ...any) *fault.Fault {
	return fault.New(fault.Conflict, "backup_broken", "The backup %q is damaged: %s. Nothing was restored.", b.dir, fmt.Sprintf(format, args...))
}

// Verify reads every file and compares it with the manifest.
func (b *Backup) Verify(ctx context.Context) error {
	for _, t := range b.Tables {
		lines := int64(0)
		if err := b.lines(ctx, t, func([]byte) error { lines++; return nil }); err != nil {
			return err
		}
		if lines != t.Rows {
			return b.broken("the table %s has %d rows where it should have %d", t.Name, lines, t.Rows)
		}
	}
	for _, f := range b.Files {
		if err := b.copyFile(ctx, f, io.Discard); err != nil {
			return err
		}
	}
	return nil
}

// Rows hands on the rows of a table, and refuses the table in the end when it is
// not what the manifest says.
func (b *Backup) Rows(ctx context.Context, table string, row func(values []any) error) error {
	for _, t := range b.Tables {
		if t.Name != table {
			continue
		}
		return b.lines(ctx, t, func(line []byte) error {
			values, err := parseRow(line)
			if err != nil {
				return b.broken("a row of the table %s cannot be read", table).Because(err)
			}
			return row(values)
		})
	}
	return b.broken("the table %s is missing", table)
}

func (b *Backup) lines(ctx context.Context, t Table, line func([]byte) error) error {
	f, err := b.open(tablesFolder+"/"+t.Name+tableSuffix, t.Content)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	in := bufio.NewReaderSize(f, 1<<16)
	for {
		text, err := in.ReadBytes('\n')
		switch {
		case errors.Is(err, io.EOF) && len(text) == 0:
			return b.compare(f, "the table "+t.Name, t.Content)
		case errors.Is(err, io.EOF):
			return b.broken("the table %s was cut short", t.Name)
		case err != nil:
			return b.broken("the table %s cannot be read", t.Name).Because(err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := line(text); err != nil {
			return err
		}
	}
}

// Unpack writes the files of the backup into a folder, durably.
func (b *Backup) Unpack(ctx context.Context, into string) error {
	root, err := os.OpenRoot(into)
	if err != nil {
		return unwritable(into, err)
	}
	defer root.Close() //nolint:errcheck // what was written is closed
	folders := map[string]bool{".": true}
	for _, f := range b.Files {
		if err := root.MkdirAll(path.Dir(f.Name), 0o700); err != nil {
			return unwritable(filepath.Join(into, f.Name), err)
		}
		for folder := path.Dir(f.Name); folder != "."; folder = path.Dir(folder) {
			folders[folder] = true
		}
		if err := b.unpack(ctx, f, root); err != nil {
			return err
		}
	}
	for folder := range folders {
		if err := syncFolder(filepath.Join(into, folder)); err != nil {
			return unwritable(into, err)
		}
	}
	return nil
}

func (b *Backup) unpack(ctx context.Context, f File, root *os.Root) error {
	full := filepath.Join(root.Name(), f.Name)
	out, err := root.OpenFile(f.Name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return unwritable(full, err)
	}
	err = b.copyFile(ctx, f, explained{out, full})
	if err == nil {
		if err = out.Sync(); err != nil {
			err = unwritable(full, err)
		}
	}
	return errors.Join(err, out.Close())
}

func (b *Backup) copyFile(ctx context.Context, file File, to io.Writer) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f, err := b.open(filesFolder+"/"+file.Name, file.Content)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	if _, err := io.Copy(to, f); fault.Of(err) != nil {
		return err
	} else if err != nil {
		return b.broken("the file %s cannot be read", file.Name).Because(err)
	}
	return b.compare(f, "the file "+file.Name, file.Content)
}

// summed is a file that is summed while it is read.
type summed struct {
	*os.File
	sum  hash.Hash
	read int64
}

func (s *summed) Read(p []byte) (int, error) {
	n, err := s.File.Read(p)
	s.sum.Write(p[:n])
	s.read += int64(n)
	return n, err
}

// WriteTo hides that of os.File, which would go round the sum.
func (s *summed) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{s})
}

func (b *Backup) open(name string, want Content) (*summed, error) {
	f, err := b.root.Open(name)
	if err != nil {
		return nil, b.broken("%s is missing", name).Because(err)
	}
	if info, err := f.Stat(); err != nil || info.Size() != want.Bytes {
		f.Close() //nolint:errcheck // it is refused
		return nil, b.broken("%s does not have %d bytes", name, want.Bytes).Because(err)
	}
	return &summed{File: f, sum: sha256.New()}, nil
}

func (b *Backup) compare(f *summed, what string, want Content) error {
	if f.read != want.Bytes || hex.EncodeToString(f.sum.Sum(nil)) != want.SHA256 {
		return b.broken("%s was changed", what)
	}
	return nil
}

// Close lets go of the folder.
func (b *Backup) Close() error { return b.root.Close() }

// parseRow reads one line of a table.
func parseRow(line []byte) ([]any, error) {
	in := json.NewDecoder(bytes.NewReader(line))
	in.UseNumber()
	var values []any
	if err := in.Decode(&values); err != nil {
		return nil, err
	}
	for i, v := range values {
		switch v := v.(type) {
		case string:
		case json.Number:
			n, err := v.Int64()
			if err != nil {
				return nil, err
			}
			values[i] = n
		case map[string]any:
			text, _ := v["base64"].(string)
			raw, err := base64.StdEncoding.DecodeString(text)
			if err != nil || len(v) != 1 || text == "" {
				return nil, errors.Join(errors.New("an object that is no base64"), err)
			}
			values[i] = string(raw)
		default:
			return nil, fmt.Errorf("a value of type %T", v)
		}
	}
	return values, nil
}
