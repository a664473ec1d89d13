//go:build storm

package app_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/app/apptest"
)

// ballast is rows that make backups and restores long enough to be killed in.
const ballast = 150_000

// TestStormKilledBackupsAndRestoresAreNone kills the real commands in the middle,
// again and again, beside a server whose people talk. What a killed backup leaves
// is no backup and does not hinder the next; where a restore was killed no server
// starts, and the same command finishes it.
func TestStormKilledBackupsAndRestoresAreNone(t *testing.T) {
	database := storetest.URL(t)
	b := newBinary(t, database)
	b.start()
	c := b.found("atelier")
	load(t, database)
	crowd := newCrowd(t, c, b.place)
	stop := assemble(t, crowd)
	defer stop()
	goesOn(t, crowd, 30)
	before := acknowledgements(crowd)
	backup := filepath.Join(t.TempDir(), "monday")
	killed := 0
	for _, at := range []string{"", "tables/account.ndjson", "tables/sign_in_link.ndjson", "tables/event.ndjson", "tables/sandbox_event.ndjson"} {
		if b.killedAt(filepath.Join(backup+".partial", at), "backup", backup, "--data", b.data(), "--database", database) {
			killed++
		}
		if _, err := os.Stat(backup); err == nil {
			t.Logf("the backup was faster than who looked for %q", at)
			os.RemoveAll(backup) //nolint:errcheck // the next says
			continue
		}
		if said, code := b.says("restore", backup+".partial", "--data", filepath.Join(t.TempDir(), "x")); code != 1 || !strings.Contains(said, "backup_missing") {
			t.Errorf("what is left of a backup is taken for one: %d, %s", code, said)
		}
	}
	if said, code := b.says("backup", "--data", b.data(), backup, "--database", database); code != 0 {
		t.Fatalf("backing up beside the living server: %d, %s", code, said)
	}
	if killed < 3 {
		t.Errorf("only %d backups were killed in the middle", killed)
	}
	goesOn(t, crowd, 20)
	stop()
	account(t, c, crowd)
	b.kill()
	if said, code := b.says("backup", "--data", b.data(), filepath.Join(t.TempDir(), "tuesday"), "--database", database); code != 0 {
		t.Errorf("backing up what a killed server left: %d, %s", code, said)
	}
	restoredAfterKills(t, b, c, crowd, before, backup)
}

// restoredAfterKills restores a backup with interruptions and looks at what it made.
func restoredAfterKills(t *testing.T, b *binary, c apptest.Channel, crowd []*member, before []map[string]int64, backup string) {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	database, killed := storetest.Empty(t), 0
	if strings.HasPrefix(database, "sqlite:") {
		database = "sqlite:" + filepath.Join(data, "subspace.db")
	}
	again := newBinary(t, database)
	for i, arg := range again.args {
		if arg == "--data" {
			again.args[i+1] = data
		}
	}
	for _, at := range []string{"restoring", "restoring", "subspace.db-wal", "node"} {
		if b.killedAt(filepath.Join(data, at), "restore", backup, "--data", data, "--database", database) {
			killed++
		}
		if _, err := os.Stat(filepath.Join(data, "restoring")); err != nil {
			t.Logf("the restore was faster than who looked for %q", at)
			continue
		}
		if said, code := again.says(again.args...); code != 1 || !strings.Contains(said, "restore_unfinished") {
			t.Errorf("a server starts on half a backup: %d, %s", code, said)
		}
	}
	if killed == 0 {
		t.Error("no restore was killed in the middle")
	}
	if _, err := os.Stat(filepath.Join(data, "restoring")); err == nil {
		if said, code := b.says("restore", backup, "--data", data, "--database", database); code != 0 {
			t.Fatalf("restoring in the end: %d, %s", code, said)
		}
	}
	again.start()
	owner := c.Owner.AtPlace(again.place)
	for _, in := range []string{"public", "space"} {
		events := owner.History("atelier", in, 0)
		gapless(t, events, 1, int64(len(events)))
		for i, m := range crowd {
			for text, seq := range before[i] {
				if m.room == in && (seq > int64(len(events)) || events[seq-1].Data.Text != text) {
					t.Errorf("%q was acknowledged as %d before the backup and is not there", text, seq)
				}
			}
		}
	}
	if st := crowd[len(crowd)-1].p.AtPlace(again.place).Standing("atelier"); !st.Inside {
		t.Errorf("a subscriber is %+v with the cookie of before", st)
	}
	again.stop()
	fmt.Printf("    %d restores killed in the middle, then finished\n", killed)
}

// load puts rows into a database beside the server that uses it.
func load(t *testing.T, database string) {
	t.Helper()
	driver, dsn := "pgx", database
	if file, ok := strings.CutPrefix(database, "sqlite:"); ok {
		driver, dsn = "sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?_pragma=busy_timeout(20000)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ` + fmt.Sprint(ballast) + `)
		INSERT INTO sign_in_link (hash, account, expires) SELECT 'hash ' || i, 'nobody', 4000000000000 FROM n`); err != nil {
		t.Fatal(err)
	}
}

func (b *binary) data() string {
	for i, arg := range b.args {
		if arg == "--data" {
			return b.args[i+1]
		}
	}
	return ""
}

// says runs a command of the binary to its end.
func (b *binary) says(args ...string) (said string, code int) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, b.path, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		b.t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// killedAt runs a command and kills it as soon as a file is there. It reports
// false when the command was faster.
func (b *binary) killedAt(file string, args ...string) bool {
	b.t.Helper()
	cmd := exec.Command(b.path, args...)
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case <-ended:
			return false
		default:
		}
		if _, err := os.Stat(file); err == nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	cmd.Process.Kill() //nolint:errcheck // it may have ended
	<-ended
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled()
}
