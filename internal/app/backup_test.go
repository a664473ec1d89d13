package app_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/app"
	"github.com/subspace-live/subspace/internal/app/apptest"
	"github.com/subspace-live/subspace/internal/config"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

// operator is who types the commands for a server's folder and database.
type operator struct {
	t              *testing.T
	data, database string
	heard          strings.Builder
}

func operates(t *testing.T, data, database string) *operator {
	return &operator{t: t, data: data, database: database}
}

func (o *operator) does(ctx context.Context, command func(context.Context, config.Config, app.Surroundings, string) error, dir string) error {
	o.t.Helper()
	nothing := func(string) (string, bool) { return "", false }
	cfg, err := config.Load([]string{"--data", o.data, "--database", o.database}, nothing, os.ReadFile, io.Discard)
	if err != nil {
		o.t.Fatal(err)
	}
	return command(ctx, cfg, app.Surroundings{
		Version: "test", Now: time.Now, Tell: func(format string, args ...any) { fmt.Fprintf(&o.heard, format, args...) },
	}, dir)
}

func (o *operator) backsUp(dir string) {
	o.t.Helper()
	if err := o.does(o.t.Context(), app.Backup, dir); err != nil {
		o.t.Fatalf("back up: %v", err)
	}
}

func (o *operator) restores(dir string) {
	o.t.Helper()
	if err := o.does(o.t.Context(), app.Restore, dir); err != nil {
		o.t.Fatalf("restore: %v", err)
	}
}

// restored starts a server on a new folder and database that a backup was
// restored into.
func restored(t *testing.T, dir, database string) *apptest.Server {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	if database == "" {
		database = "sqlite:" + filepath.Join(data, "subspace.db")
	}
	operates(t, data, database).restores(dir)
	return apptest.Start(t, apptest.Options{Data: data, Database: database})
}

// acknowledgements are the messages that people were told are stored.
func acknowledgements(crowd []*member) []map[string]int64 {
	all := make([]map[string]int64, len(crowd))
	for i, m := range crowd {
		m.mu.Lock()
		all[i] = maps.Clone(m.acked)
		m.mu.Unlock()
	}
	return all
}

// A backup that is taken while a creator is live and people write in both rooms
// hinders nobody, and holds everything that was acknowledged before it began. The
// server that it makes elsewhere knows its people by their cookies.
func TestBackupOfALiveMakesTheSameServerElsewhere(t *testing.T) {
	s := apptest.Start(t, apptest.Options{Args: []string{"--readable-rate", "1000"}})
	c := s.Found("atelier")
	c.GoesLive(s)
	crowd := newCrowd(t, c, s.Place)
	stop := assemble(t, crowd)
	defer stop()
	goesOn(t, crowd, 60)
	before := acknowledgements(crowd)
	dir := filepath.Join(t.TempDir(), "monday")
	operates(t, s.Data, s.Database).backsUp(dir)
	goesOn(t, crowd, 30)
	stop()
	account(t, c, crowd)
	logs := map[string][]apptest.Event{"public": c.Owner.History("atelier", "public", 0), "space": c.Owner.History("atelier", "space", 0)}
	former := crowd[len(crowd)-1].p.Enters("atelier", "public").Enter("atelier", "space")

	s2 := restored(t, dir, "")
	if onPostgres() {
		s2.Stop()
		s2 = restored(t, dir, storetest.Empty(t))
	}
	owner, yuna := c.Owner.At(s2), crowd[len(crowd)-1].p.At(s2)
	if st := yuna.Standing("atelier"); !st.Inside || !st.Subscriber {
		t.Errorf("with the cookie of before, a subscriber is %+v", st)
	}
	if st := owner.Standing("atelier"); st.Role != "owner" {
		t.Errorf("the creator is %+v", st)
	}
	for in, old := range logs {
		now := owner.History("atelier", in, 0)
		gapless(t, now, 1, int64(len(now)))
		same := 0
		for same < len(now) && same < len(old) && string(now[same].Raw) == string(old[same].Raw) {
			same++
		}
		for i, m := range crowd {
			if m.room != in {
				continue
			}
			for text, seq := range before[i] {
				if seq > int64(same) || now[seq-1].Data.Text != text {
					t.Errorf("%q was acknowledged as %d before the backup; %d events of %s are as they were", text, seq, same, in)
				}
			}
		}
		for _, e := range now[same:] { // what the restored server did itself
			if e.Kind != "live.interrupted" && e.Kind != "live.ended" {
				t.Errorf("%s holds what never happened: %s", in, e.Raw)
			}
		}
	}
	interrupted := owner.History("atelier", "public", 0)
	if last := interrupted[len(interrupted)-1]; last.Kind != "live.interrupted" {
		t.Errorf("the live that nobody sends ends with %s", last.Raw)
	}
	hears := owner.Enters("atelier", "space")
	yuna.Enters("atelier", "space").Says("atelier", "space", "here again")
	hears.Hears("space", "here again")
	beginsAnew(t, yuna, former)
}

// beginsAnew sees somebody refused by every door who comes with what they have
// read of the server before, and let in without it.
func beginsAnew(t *testing.T, p *apptest.Person, former apptest.Frame) {
	t.Helper()
	k := p.Connects()
	for name, ask := range map[string]map[string]any{
		"beyond the head":        {"cursor": former.Head + 1000},
		"of another history":     {"cursor": 1, "history": former.History},
		"beyond, and of another": {"cursor": former.Head + 1000, "history": former.History},
	} {
		ask["type"], ask["channel"], ask["room"] = "enter", "atelier", "space"
		if f, err := k.Calls(ask); reasonOf(err) != "cursor_unknown" {
			t.Errorf("a cursor %s: %v, %s", name, err, f.Raw)
		}
	}
	stream, err := p.Listens("atelier", "space", "Last-Event-ID", fmt.Sprint(former.Head+1000))
	if err != nil {
		t.Fatal(err)
	}
	if f := stream.Await("a refusal", apptest.Type("refused", "")); f.Reason != "cursor_unknown" {
		t.Errorf("on a stream: %s", f.Raw)
	}
	if reason := p.Refused("GET", fmt.Sprintf("/api/channels/atelier/rooms/space/events?after=%d", former.Head+1000), nil); reason != "cursor_unknown" {
		t.Errorf("over REST: %s", reason)
	}
	f := k.Enter("atelier", "space")
	if f.History == "" || f.History == former.History || len(f.Events) == 0 {
		t.Errorf("without a cursor: %s", f.Raw)
	}
	again, err := k.Calls(map[string]any{"type": "enter", "channel": "atelier", "room": "space", "cursor": f.Head, "history": f.History})
	if err != nil || len(again.Events) > 0 {
		t.Errorf("with the cursor of now: %v, %s", err, again.Raw)
	}
}

// A backup of one kind of database fills the other: this is how a server that
// began on one machine goes on with many.
func TestServerMovesToTheOtherDatabaseAndBack(t *testing.T) {
	if !onPostgres() {
		t.Skip("another kind of database needs PostgreSQL")
	}
	data := t.TempDir()
	s := apptest.Start(t, apptest.Options{Data: data, Database: "sqlite:" + filepath.Join(data, "subspace.db")})
	c := s.Found("atelier")
	yuna := s.SignUp("Yuna")
	yuna.Pays("atelier")
	words := []string{"on one machine"}
	yuna.Enters("atelier", "space").Says("atelier", "space", words[0])
	backups := t.TempDir()
	for i, to := range []string{storetest.Empty(t), "", storetest.Empty(t)} {
		dir := filepath.Join(backups, fmt.Sprint(i))
		operates(t, s.Data, s.Database).backsUp(dir)
		s.Stop()
		s = restored(t, dir, to)
		yuna, c.Owner = yuna.At(s), c.Owner.At(s)
		k := yuna.Enters("atelier", "space")
		words = append(words, fmt.Sprintf("after move %d", i+1))
		k.Says("atelier", "space", words[len(words)-1])
		events := c.Owner.History("atelier", "space", 0)
		gapless(t, events, 1, int64(len(words)))
		for j, e := range events {
			if e.Data.Text != words[j] {
				t.Errorf("after move %d, event %d is %s", i+1, j+1, e.Raw)
			}
		}
		if st := yuna.Standing("atelier"); !st.Inside {
			t.Errorf("after move %d the subscriber is %+v", i+1, st)
		}
	}
}

// The data folder comes along, without what is no data, and the operator is told.
func TestDataFolderComesAlong(t *testing.T) {
	s := apptest.Start(t, apptest.Options{Data: t.TempDir()})
	s.Found("atelier")
	for name, text := range map[string]string{"acme/authority/account.pem": "a key", "recording.mp4": "a film", ".probe-1": "", "lost+found/x": ""} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(s.Data, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(s.Data, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/hostname", filepath.Join(s.Data, "a-link")); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "monday")
	by := operates(t, s.Data, s.Database)
	by.backsUp(dir)
	for _, words := range []string{dir, "lock (", ".probe-1 (", "lost+found (", "a-link ("} {
		if !strings.Contains(by.heard.String(), words) {
			t.Errorf("the operator is not told of %q: %s", words, by.heard.String())
		}
	}
	data := filepath.Join(t.TempDir(), "deep", "data")
	to := operates(t, data, "sqlite:"+filepath.Join(data, "subspace.db"))
	to.restores(dir)
	if !strings.Contains(to.heard.String(), "Restored") {
		t.Errorf("the operator is told %s", to.heard.String())
	}
	var there []string
	err := filepath.WalkDir(data, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if want := map[bool]fs.FileMode{false: 0o600, true: 0o700}[e.IsDir()]; info.Mode().Perm() != want {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
		if !e.IsDir() && !strings.HasPrefix(e.Name(), "subspace.db-") { // come and go with who reads
			there = append(there, strings.TrimPrefix(name, data+"/"))
		}
		return nil
	})
	want := []string{"acme/authority/account.pem", "lock", "node", "recording.mp4", "subspace.db"}
	if slices.Sort(there); err != nil || !slices.Equal(there, want) {
		t.Errorf("restored are %v, want %v (%v)", there, want, err)
	}
	for _, name := range []string{"node", "recording.mp4"} {
		was, err := os.ReadFile(filepath.Join(s.Data, name))
		now, err2 := os.ReadFile(filepath.Join(data, name))
		if err != nil || err2 != nil || string(was) != string(now) {
			t.Errorf("%s is %q, was %q (%v, %v)", name, now, was, err, err2)
		}
	}
}

// What cannot be backed up or restored is refused with a sentence, and nothing is
// written anywhere.
func TestWhatCannotBeBackedUpOrRestoredIsRefused(t *testing.T) {
	s := apptest.Start(t, apptest.Options{Data: t.TempDir()})
	s.Found("atelier")
	dir := filepath.Join(t.TempDir(), "monday")
	here := operates(t, s.Data, s.Database)
	here.backsUp(dir)
	refused := func(what string, o *operator, command func(context.Context, config.Config, app.Surroundings, string) error, dir, reason string) {
		t.Helper()
		if err := o.does(t.Context(), command, dir); !fault.Is(err, reason) {
			t.Errorf("%s: %v, want %s", what, err, reason)
		}
	}
	none := filepath.Join(t.TempDir(), "none")
	nowhere := operates(t, none, "sqlite:"+filepath.Join(none, "subspace.db"))
	refused("no data folder", nowhere, app.Backup, filepath.Join(t.TempDir(), "x"), "data_missing")
	refused("a name that is taken", here, app.Backup, dir, "backup_exists")
	inside := filepath.Join(s.Data, "backup")
	refused("inside the data folder", here, app.Backup, inside, "backup_inside")
	refused("deep inside the data folder", here, app.Backup, filepath.Join(s.Data, "acme", "..", "x"), "backup_inside")
	refused("no parent", here, app.Backup, filepath.Join(none, "x", "y"), "folder_not_writable")
	refused("a server's own folder", here, app.Restore, dir, "data_in_use")
	refused("no backup", nowhere, app.Restore, s.Data, "backup_missing")
	if _, err := os.Stat(none); err == nil {
		t.Error("a folder was made for nothing")
	}
	s.Stop()
	refused("a folder that a server had", here, app.Restore, dir, "restore_not_empty")
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "notes"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused("a folder with notes", operates(t, full, "sqlite:"+filepath.Join(full, "subspace.db")), app.Restore, dir, "restore_not_empty")
	taken := operates(t, filepath.Join(t.TempDir(), "data"), s.Database) // another folder, the same database
	refused("a database that is used", taken, app.Restore, dir, "restore_not_empty")
	left, err := os.ReadDir(taken.data)
	if err != nil || len(left) != 1 || left[0].Name() != "lock" {
		t.Errorf("it left %v, %v", left, err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	stopped := filepath.Join(t.TempDir(), "stopped")
	if err := here.does(gone, app.Backup, stopped); err == nil {
		t.Error("somebody gave up and was told that it is done")
	}
	for _, name := range []string{stopped, stopped + ".partial"} {
		if _, err := os.Stat(name); err == nil {
			t.Errorf("%s is left", name)
		}
	}
	// The folder is as good as before.
	apptest.Start(t, apptest.Options{Data: s.Data, Database: s.Database})
}

// A backup that was changed is refused before anything is written.
func TestDamagedBackupTouchesNothing(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	s.Found("atelier")
	for name, harm := range map[string]func(string) error{
		"backup_broken": func(dir string) error {
			return os.Truncate(filepath.Join(dir, "tables", "account.ndjson"), 10)
		},
		"backup_missing": func(dir string) error { return os.Remove(filepath.Join(dir, "manifest.json")) },
	} {
		dir := filepath.Join(t.TempDir(), "monday")
		operates(t, s.Data, s.Database).backsUp(dir)
		if err := harm(dir); err != nil {
			t.Fatal(err)
		}
		data := filepath.Join(t.TempDir(), "data")
		if err := operates(t, data, "sqlite:"+filepath.Join(data, "subspace.db")).does(t.Context(), app.Restore, dir); !fault.Is(err, name) {
			t.Errorf("%v, want %s", err, name)
		}
		if _, err := os.Stat(data); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: the data folder was made", name)
		}
	}
}

// A database that breaks its promises is copied and restored, and the operator
// told of it both times.
func TestDamagedDatabaseIsCopiedAndSaidToBe(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	k := c.Owner.Enters("atelier", "public")
	for range 3 {
		k.Says("atelier", "public", "words")
	}
	s.Stop()
	if _, err := database(t, s).Exec(`DELETE FROM event WHERE seq = 2`); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "monday")
	err := operates(t, s.Data, s.Database).does(t.Context(), app.Backup, dir)
	if f := fault.Of(err); f == nil || f.Reason != "database_damaged" || !strings.Contains(f.Detail, "logs: ") {
		t.Errorf("backing it up: %v", err)
	}
	data := filepath.Join(t.TempDir(), "data")
	to := operates(t, data, "sqlite:"+filepath.Join(data, "subspace.db"))
	if err := to.does(t.Context(), app.Restore, dir); err == nil || !strings.Contains(to.heard.String(), "Restored") || !strings.Contains(to.heard.String(), "WRONG  logs: ") {
		t.Errorf("restoring it: %v, %s", err, to.heard.String())
	}
	apptest.Start(t, apptest.Options{Data: data, Database: to.database})
}

// Where a restore was broken off no server starts, and the same restore is
// finished by the same command.
func TestUnfinishedRestoreIsFinished(t *testing.T) {
	s := apptest.Start(t, apptest.Options{Data: t.TempDir()})
	s.Found("atelier")
	dir := filepath.Join(t.TempDir(), "monday")
	operates(t, s.Data, s.Database).backsUp(dir)
	for name, left := range map[string]map[string]string{
		"just begun":              {"restoring": ""},
		"its word written":        {"restoring": "word"},
		"a file half written":     {"restoring": "word", "node": "no"},
		"the database just begun": {"restoring": "word", "node": "no", "subspace.db": ""},
	} {
		data := t.TempDir()
		for file, text := range left {
			if err := os.WriteFile(filepath.Join(data, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		o := operates(t, data, "sqlite:"+filepath.Join(data, "subspace.db"))
		cfg := config.Default()
		cfg.Data, cfg.Listen, cfg.RTMPListen, cfg.RTCListen = data, "127.0.0.1:0", "127.0.0.1:0", "off"
		if _, err := app.Open(t.Context(), cfg, app.Surroundings{Version: "test", Now: time.Now}); !fault.Is(err, "restore_unfinished") {
			t.Errorf("%s: a server starts: %v", name, err)
		}
		if err := o.does(t.Context(), app.Backup, filepath.Join(t.TempDir(), "x")); !fault.Is(err, "restore_unfinished") {
			t.Errorf("%s: it is backed up: %v", name, err)
		}
		o.restores(dir)
		apptest.Start(t, apptest.Options{Data: data, Database: o.database}).Stop()
	}
	// Broken off after all was written, but for the mark.
	data := filepath.Join(t.TempDir(), "data")
	o := operates(t, data, "sqlite:"+filepath.Join(data, "subspace.db"))
	o.restores(dir)
	word := rows(t, &apptest.Server{Database: o.database}, `SELECT value FROM setting WHERE name = 'history'`)
	if err := os.WriteFile(filepath.Join(data, "restoring"), []byte(strings.TrimSpace(word)), 0o600); err != nil {
		t.Fatal(err)
	}
	o.restores(dir)
	apptest.Start(t, apptest.Options{Data: data, Database: o.database})
	// Something else has been put there meanwhile: it is not ours to remove.
	data = t.TempDir()
	for _, file := range []string{"restoring", "notes"} {
		if err := os.WriteFile(filepath.Join(data, file), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := operates(t, data, "sqlite:"+filepath.Join(data, "subspace.db")).does(t.Context(), app.Restore, dir); !fault.Is(err, "restore_not_empty") {
		t.Errorf("over somebody's notes: %v", err)
	}
}
