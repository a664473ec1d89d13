//go:build storm

package app_test

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/app/apptest"
)

// kills is how often the server dies while people talk.
const kills = 20

// TestStormKilledServerLosesNoAcknowledgedMessage kills the real binary again
// and again while people write into both rooms. Each message that was
// acknowledged stands once, no sequence is missing, and every client comes back
// by itself and sees each event once and in order.
func TestStormKilledServerLosesNoAcknowledgedMessage(t *testing.T) {
	b := newBinary(t, storetest.URL(t))
	b.start()
	c := b.found("atelier")
	crowd := newCrowd(t, c, b.place)
	stop := assemble(t, crowd)
	defer stop()
	for i := range kills {
		goesOn(t, crowd, 30+i) // some life between the deaths
		b.kill()
		b.start()
	}
	goesOn(t, crowd, len(crowd))
	stop()
	acked, resumed := account(t, c, crowd)
	fmt.Printf("    %d kills, %d messages acknowledged, %d sent again, %d resumes by cursor\n", kills, acked, repeats(crowd), resumed)
	if resumed < kills {
		t.Errorf("only %d resumes for %d kills: the clients were hardly there", resumed, kills)
	}
	b.stop()
}

// TestStormOneNodeOfTwoIsKilled kills one node of two, in turn, while people talk
// on both and go to the other when theirs is gone. Bells between the nodes are
// lost with each death, and messages cross.
func TestStormOneNodeOfTwoIsKilled(t *testing.T) {
	if !onPostgres() {
		t.Skip("two nodes need PostgreSQL: SQLite belongs to one process")
	}
	bus, db := "nats://"+natsServer(t), storetest.URL(t)
	nodes := []*binary{newBinary(t, db, "--nats", bus, "--node", "a"), newBinary(t, db, "--nats", bus, "--node", "b")}
	nodes[0].start()
	c := nodes[0].found("atelier")
	nodes[1].start()
	crowd := newCrowd(t, c, nodes[0].place, nodes[1].place)
	stop := assemble(t, crowd)
	defer stop()
	for i := range kills / 2 {
		goesOn(t, crowd, 30+i)
		nodes[i%2].kill()
		goesOn(t, crowd, 10) // on the other
		nodes[i%2].start()
	}
	goesOn(t, crowd, len(crowd))
	stop()
	acked, resumed := account(t, c, crowd)
	fmt.Printf("    %d kills of one node of two, %d messages acknowledged, %d sent again, %d resumes by cursor\n", kills/2, acked, repeats(crowd), resumed)
	if resumed < kills/2 {
		t.Errorf("only %d resumes for %d kills: the clients were hardly there", resumed, kills/2)
	}
	for _, b := range nodes {
		b.stop()
	}
}

// binary is bin/subspace as a process.
type binary struct {
	t       *testing.T
	path    string
	args    []string
	address string
	log     string
	process *exec.Cmd
	waited  chan error
	setup   chan string
	place   *apptest.Place
}

func newBinary(t *testing.T, database string, more ...string) *binary {
	t.Helper()
	path := os.Getenv("SUBSPACE_BINARY")
	if path == "" {
		path = filepath.Join(t.TempDir(), "subspace")
		if out, err := exec.Command("go", "build", "-o", path, "github.com/subspace-live/subspace/cmd/subspace").CombinedOutput(); err != nil {
			t.Fatalf("build: %v\n%s", err, out)
		}
	}
	b := &binary{t: t, path: path, address: apptest.FreePort(t), setup: make(chan string, 1)}
	logs := os.Getenv("SUBSPACE_TEST_LOGS")
	if logs == "" {
		logs = t.TempDir()
	}
	b.log = filepath.Join(logs, "storm-"+rand.Text()[:6]+".log")
	b.args = []string{
		"serve", "--data", t.TempDir(), "--database", database, "--listen", b.address,
		"--rtmp-listen", apptest.FreePort(t), "--rtc-listen", "off", "--proxies", "127.0.0.0/8", "--sandbox-payments", "I-know",
		"--readable-rate", "1000", // everybody is shown everything
	}
	b.args = append(b.args, more...)
	t.Cleanup(func() {
		if b.process != nil {
			b.kill()
		}
	})
	b.place = apptest.At(t, "http://"+b.address)
	return b
}

// start runs the binary and waits until it answers.
func (b *binary) start() {
	b.t.Helper()
	log, err := os.OpenFile(b.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		b.t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(b.path, b.args...)
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.process, b.waited = cmd, make(chan error, 1)
	go func() { // ends with the process
		b.listen(out)
		b.waited <- cmd.Wait()
	}()
	apptest.Eventually(b.t, "the server does not start; see "+b.log, func() bool {
		res, err := http.Get("http://" + b.address + "/readyz")
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
}

// listen looks for the one-time link on the server's output.
func (b *binary) listen(out io.Reader) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, secret, ok := strings.Cut(lines.Text(), "/setup#"); ok {
			select {
			case b.setup <- strings.TrimSpace(secret):
			default:
			}
		}
	}
}

// kill is kill -9.
func (b *binary) kill() {
	b.t.Helper()
	b.process.Process.Kill() //nolint:errcheck // dead is dead
	<-b.waited
	b.process = nil
}

// stop asks politely.
func (b *binary) stop() {
	b.t.Helper()
	b.process.Process.Signal(os.Interrupt) //nolint:errcheck // waited tells
	if err := <-b.waited; err != nil {
		b.t.Errorf("the server ended with %v; see %s", err, b.log)
	}
	b.process = nil
}

func (b *binary) found(handle string) apptest.Channel {
	b.t.Helper()
	return b.place.FoundWith(<-b.setup, handle)
}
