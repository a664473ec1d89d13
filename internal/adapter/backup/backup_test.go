package backup_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/backup"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

// hold takes the lock as the server does.
func hold(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }

func everything(string, fs.DirEntry) string { return "" }

// odd is rows that a format could spoil.
func odd() [][]any {
	return [][]any{
		{"", int64(0)},
		{"plain", int64(-1)},
		{"\"quotes\", \\ and /", int64(math.MaxInt64)},
		{"lines\nand\ttabs\r\x01", int64(math.MinInt64)},
		{"\u2028\u2029<b>&</b>", int64(1 << 53)},
		{"é 漢字 👩🏽‍🎨 \ufffd", int64(1<<53 + 1)},
		{"no text \xff\xfe", int64(7)},
		{`{"base64":"eA=="}`, int64(8)},
		{strings.Repeat("long ", 40_000), int64(9)},
	}
}

// data makes a folder as a server keeps one.
func data(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"node": "node-a\n", "acme/authority/account.pem": "a key", "acme/authority/empty": "", "lock": "", ".new-7": "half",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// written writes a backup with two tables and the files of a data folder.
func written(t testing.TB, dir string) backup.Manifest {
	t.Helper()
	m, err := write(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func write(t testing.TB, dir string) (backup.Manifest, error) {
	t.Helper()
	w, err := backup.Create(dir, hold)
	if err != nil {
		return backup.Manifest{}, err
	}
	m, err := fill(t, w)
	if err != nil {
		return m, errors.Join(err, w.Abandon())
	}
	return m, nil
}

func fill(t testing.TB, w *backup.Writer) (m backup.Manifest, err error) {
	t.Helper()
	if err := w.Table("odd", []string{"words", "number"}); err != nil {
		return m, err
	}
	for _, row := range odd() {
		if err := w.Row(row); err != nil {
			return m, err
		}
	}
	if err := w.Table("empty", []string{"id"}); err != nil {
		return m, err
	}
	if err := w.Folder(t.Context(), data(t), func(name string, e fs.DirEntry) string {
		if name == "lock" || strings.HasPrefix(e.Name(), ".") {
			return "no data"
		}
		return ""
	}); err != nil {
		return m, err
	}
	return w.Finish(backup.Manifest{
		Release: "test", Began: time.UnixMilli(1).UTC(), Database: "sqlite",
		Migrations: []backup.Migration{{Version: 1, Name: "0001_x.sql", Checksum: "abc"}},
	})
}

func TestBackupIsReadAsItWasWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "monday")
	m := written(t, dir)
	b, err := backup.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close() //nolint:errcheck // it was only read
	if !reflect.DeepEqual(b.Manifest, m) || b.AllRows() != int64(len(odd())) || len(b.Files) != 3 || len(b.LeftOut) != 2 {
		t.Errorf("the manifest is\n%+v, written was\n%+v", b.Manifest, m)
	}
	if err := b.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	var rows [][]any
	if err := b.Rows(t.Context(), "odd", func(values []any) error { rows = append(rows, values); return nil }); err != nil {
		t.Fatal(err)
	}
	for i, want := range odd() {
		if !slices.Equal(rows[i], want) {
			t.Errorf("row %d is %.80q, written was %.80q", i, rows[i], want)
		}
	}
	if err := b.Rows(t.Context(), "empty", func([]any) error { return errors.New("a row") }); err != nil {
		t.Error(err)
	}
	if err := b.Rows(t.Context(), "none", nil); !fault.Is(err, "backup_broken") {
		t.Errorf("a table that is not there: %v", err)
	}
	into := t.TempDir()
	if err := b.Unpack(t.Context(), into); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(into, "acme", "authority", "account.pem")); err != nil || string(text) != "a key" {
		t.Errorf("unpacked %q, %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(into, "lock")); err == nil {
		t.Error("what was left out was unpacked")
	}
	onlyOurs(t, into)
}

// A backup holds secrets: nobody but its owner reads it.
func TestBackupIsItsOwnersAlone(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	dir := filepath.Join(t.TempDir(), "monday")
	written(t, dir)
	onlyOurs(t, dir)
}

func onlyOurs(t testing.TB, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		want := fs.FileMode(0o600)
		if e.IsDir() {
			want = 0o700
		}
		if name != dir && info.Mode().Perm() != want { // dir may be the test's
			t.Errorf("%s has mode %v", name, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// Whatever is not as it was written is refused, and named.
func TestDamagedBackupIsRefused(t *testing.T) {
	change := func(name string, f func([]byte) []byte) func(testing.TB, string) {
		return func(t testing.TB, dir string) {
			file := filepath.Join(dir, filepath.FromSlash(name))
			text, err := os.ReadFile(file)
			if err == nil {
				err = os.WriteFile(file, f(text), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	remove := func(name string) func(testing.TB, string) {
		return func(t testing.TB, dir string) {
			if err := os.RemoveAll(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
				t.Fatal(err)
			}
		}
	}
	cut := func(text []byte) []byte { return text[:len(text)-1] }
	half := func(text []byte) []byte { return text[:len(text)/2] }
	flip := func(text []byte) []byte { text = slices.Clone(text); text[len(text)/2] ^= 1; return text }
	longer := func(text []byte) []byte { return append(text, "[\"x\",1]\n"...) }
	for name, c := range map[string]struct {
		harm   func(testing.TB, string)
		reason string
		says   string
	}{
		"no folder":             {remove(""), "backup_missing", "monday"},
		"no manifest":           {remove("manifest.json"), "backup_missing", "manifest.json"},
		"no sum":                {remove("manifest.json.sha256"), "backup_broken", "manifest.json.sha256"},
		"another sum":           {change("manifest.json.sha256", flip), "backup_broken", "manifest.json"},
		"half a manifest":       {change("manifest.json", half), "backup_broken", "manifest.json"},
		"a changed manifest":    {change("manifest.json", flip), "backup_broken", "manifest.json"},
		"a number changed":      {change("manifest.json", func(b []byte) []byte { return bytes.Replace(b, []byte(`"rows": 9`), []byte(`"rows": 8`), 1) }), "backup_broken", "manifest.json"},
		"a newer format":        {manifest(func(m map[string]any) { m["format"] = backup.Format + 1 }), "backup_newer", fmt.Sprintf("format %d", backup.Format+1)},
		"no format":             {manifest(func(m map[string]any) { m["format"] = 0 }), "backup_broken", "manifest.json"},
		"a file outside":        {manifest(rename("files", "../node")), "backup_broken", `a file is named "../node"`},
		"a file at the root":    {manifest(rename("files", "/etc/node")), "backup_broken", `a file is named "/etc/node"`},
		"a file the long way":   {manifest(rename("files", "acme/../lock")), "backup_broken", `a file is named "acme/../lock"`},
		"a table outside":       {manifest(rename("tables", "../odd")), "backup_broken", `a table is named "../odd"`},
		"rows too few":          {manifest(func(m map[string]any) { entry(m, "tables")["rows"] = 8 }), "backup_broken", "odd has 9 rows"},
		"no table":              {remove("tables/odd.ndjson"), "backup_broken", "tables/odd.ndjson"},
		"a table cut by a byte": {change("tables/odd.ndjson", cut), "backup_broken", "tables/odd.ndjson"},
		"half a table":          {change("tables/odd.ndjson", half), "backup_broken", "tables/odd.ndjson"},
		"a table with more":     {change("tables/empty.ndjson", longer), "backup_broken", "tables/empty.ndjson"},
		"a bit of a table":      {change("tables/odd.ndjson", flip), "backup_broken", "the table odd was changed"},
		"no file":               {remove("files/node"), "backup_broken", "files/node"},
		"a bit of a file":       {change("files/node", flip), "backup_broken", "the file node was changed"},
		"a file cut short":      {change("files/acme/authority/account.pem", cut), "backup_broken", "account.pem"},
		"no files at all":       {remove("files"), "backup_broken", "files/"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "monday")
			written(t, dir)
			c.harm(t, dir)
			b, err := backup.Open(dir)
			if err == nil {
				defer b.Close() //nolint:errcheck // it was only read
				err = b.Verify(t.Context())
			}
			if f := fault.Of(err); f == nil || f.Reason != c.reason || !strings.Contains(f.Detail, c.says) {
				t.Errorf("%v, want %s and %q", err, c.reason, c.says)
			}
		})
	}
}

// manifest changes the manifest and its sum, as somebody would who means it.
func manifest(change func(map[string]any)) func(testing.TB, string) {
	return func(t testing.TB, dir string) {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatal(err)
		}
		change(m)
		if text, err = json.Marshal(m); err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{
			"manifest.json": string(text), "manifest.json.sha256": fmt.Sprintf("%x  manifest.json\n", sha256.Sum256(text)),
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func entry(m map[string]any, list string) map[string]any {
	return m[list].([]any)[0].(map[string]any)
}

func rename(list, name string) func(map[string]any) {
	return func(m map[string]any) { entry(m, list)["name"] = name }
}

// A table that is changed after it was looked at is refused at its end, so that
// whoever fills a database from it keeps nothing.
func TestTableThatChangesMeanwhileIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "monday")
	written(t, dir)
	b, err := backup.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close() //nolint:errcheck // it was only read
	if err := b.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "tables", "odd.ndjson")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, bytes.Replace(text, []byte("plain"), []byte("plane"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := b.Rows(t.Context(), "odd", func([]any) error { return nil }); !fault.Is(err, "backup_broken") {
		t.Errorf("a changed table: %v", err)
	}
}

// Rows that no writer writes are refused, whatever their sum says.
func TestRowsThatAreNoneAreRefused(t *testing.T) {
	for _, line := range []string{"", "7", "{}", `["x",1.5]`, `["x",9223372036854775808]`, `["x",null]`, `["x",true]`, `["x",["y"]]`, `["x",{"base64":7}]`, `["x",{"base64":"?"}]`, `["x"`} {
		dir := filepath.Join(t.TempDir(), "monday")
		written(t, dir)
		text := line + "\n"
		if err := os.WriteFile(filepath.Join(dir, "tables", "odd.ndjson"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		manifest(func(m map[string]any) {
			odd := entry(m, "tables")
			odd["rows"], odd["bytes"], odd["sha256"] = 1, len(text), fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
		})(t, dir)
		b, err := backup.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Rows(t.Context(), "odd", func([]any) error { return nil }); !fault.Is(err, "backup_broken") {
			t.Errorf("the row %q: %v", line, err)
		}
		b.Close() //nolint:errcheck // it was only read
	}
}

// Under its name a backup is whole or is not there.
func TestUnfinishedBackupIsNone(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "monday")
	w, err := backup.Create(dir, hold)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Table("odd", []string{"words", "number"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Row([]any{"x", int64(1)}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{dir, dir + ".partial"} {
		if _, err := backup.Open(name); !fault.Is(err, "backup_missing") {
			t.Errorf("%s is taken for a backup: %v", name, err)
		}
	}
	if _, err := backup.Create(dir, hold); !fault.Is(err, "backup_running") {
		t.Errorf("a second backup of the same name: %v", err)
	}
	if err := w.Abandon(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(parent); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
}

// What one that was killed has left does not hinder the next.
func TestNextBackupTakesOverWhatOneLeft(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "monday")
	written(t, dir)
	if err := os.Rename(dir, dir+".partial"); err != nil { // killed just before its end
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir+".partial", "tables", "other.ndjson"), []byte("[]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir+".partial", 0o755); err != nil {
		t.Fatal(err)
	}
	written(t, dir)
	if _, err := os.Stat(filepath.Join(dir, "tables", "other.ndjson")); err == nil {
		t.Error("what the other left is in the backup")
	}
	if _, err := os.Stat(dir + ".partial"); err == nil {
		t.Error("what the other left is still there")
	}
	onlyOurs(t, filepath.Dir(dir))
}

func TestBackupOverwritesNothing(t *testing.T) {
	parent := t.TempDir()
	for name, make := range map[string]func(string) error{
		"a folder": func(s string) error { return os.Mkdir(s, 0o700) },
		"a file":   func(s string) error { return os.WriteFile(s, []byte("notes"), 0o600) },
		"a link":   func(s string) error { return os.Symlink("nowhere", s) },
	} {
		dir := filepath.Join(parent, name)
		if err := make(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := write(t, dir); !fault.Is(err, "backup_exists") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(dir + ".partial"); err == nil {
			t.Errorf("%s: something is left beside it", name)
		}
	}
	if _, err := write(t, filepath.Join(parent, "none", "monday")); !fault.Is(err, "folder_not_writable") {
		t.Errorf("without a parent: %v", err)
	}
}

// On a full disk nothing is left, and the sentence says which disk.
func TestFullDiskLeavesNoBackup(t *testing.T) {
	disk := storetest.SmallDisk(t)
	w, err := backup.Create(filepath.Join(disk, "monday"), hold)
	if err != nil {
		t.Fatal(err)
	}
	err = w.Table("odd", []string{"words"})
	for n := 0; err == nil && n < 10_000; n++ {
		err = w.Row([]any{strings.Repeat("words ", 200)})
	}
	if f := fault.Of(err); f == nil || f.Reason != "storage_full" || !strings.Contains(f.Detail, disk) {
		t.Errorf("on a full disk: %v", err)
	}
	if err := w.Abandon(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(disk); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
}

// Files that go while they are copied are not missed; who gives up is heard.
func TestFolderIsCopiedAsItIs(t *testing.T) {
	from := data(t)
	w, err := backup.Create(filepath.Join(t.TempDir(), "monday"), hold)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abandon() //nolint:errcheck // the test's folder goes
	if err := w.Folder(t.Context(), from, func(name string, e fs.DirEntry) string {
		if name == "node" {
			if err := os.Remove(filepath.Join(from, name)); err != nil {
				t.Error(err)
			}
		}
		return ""
	}); err != nil {
		t.Errorf("a file went meanwhile: %v", err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if err := w.Folder(gone, from, everything); !errors.Is(err, context.Canceled) {
		t.Errorf("somebody gave up: %v", err)
	}
	if err := w.Folder(t.Context(), filepath.Join(from, "none"), everything); !fault.Is(err, "data_not_readable") {
		t.Errorf("a folder that is not there: %v", err)
	}
}
