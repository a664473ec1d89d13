//go:build storm

package app_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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
	b := newBinary(t)
	b.start()
	c := b.found("atelier")
	crowd := newCrowd(t, b, c)
	ctx, stop := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for _, m := range crowd {
		clients.Go(func() { m.talk(ctx) })
	}
	for i := range kills {
		goal := acknowledged(crowd) + 30 + i // some life between the deaths
		apptest.Eventually(t, "nobody gets through any more", func() bool { return acknowledged(crowd) >= goal })
		b.kill()
		b.start()
	}
	goal := acknowledged(crowd) + len(crowd)
	apptest.Eventually(t, "nobody gets through any more", func() bool { return acknowledged(crowd) >= goal })
	stop()
	clients.Wait()
	logs := map[string][]apptest.Event{}
	for _, room := range []string{"public", "space"} {
		logs[room] = c.Owner.History("atelier", room, 0)
		gapless(t, logs[room], 1, int64(len(logs[room])))
	}
	acked, resumed := 0, 0
	for _, m := range crowd {
		m.check(logs[m.room])
		acked += len(m.acked)
		resumed += m.resumed
	}
	fmt.Printf("    %d kills, %d messages acknowledged, %d sent again, %d resumes by cursor; log heads %d and %d\n",
		kills, acked, repeats(crowd), resumed, len(logs["public"]), len(logs["space"]))
	if resumed < kills {
		t.Errorf("only %d resumes for %d kills: the clients were hardly there", resumed, kills)
	}
	b.stop()
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

func newBinary(t *testing.T) *binary {
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
		"serve", "--data", t.TempDir(), "--database", storetest.URL(t), "--listen", b.address,
		"--rtmp-listen", apptest.FreePort(t), "--proxies", "127.0.0.0/8", "--sandbox-payments", "I-know",
	}
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

// member is one person who writes into one room, comes back by themselves and
// sends again what was not acknowledged.
type member struct {
	t    *testing.T
	p    *apptest.Person
	room string

	mu      sync.Mutex
	acked   map[string]int64 // text → sequence
	again   int
	resumed int
	here    bool
	cursor  int64
	began   int64
	seen    []apptest.Event
}

func newCrowd(t *testing.T, b *binary, c apptest.Channel) []*member {
	t.Helper()
	var crowd []*member
	add := func(p *apptest.Person, room string) {
		crowd = append(crowd, &member{t: t, p: p, room: room, acked: map[string]int64{}})
	}
	for i := range 8 {
		add(b.place.Light(fmt.Sprintf("Viewer %c", "abcdefgh"[i])), "public")
	}
	add(c.Owner, "space")
	for i := range 3 {
		p := b.place.SignUp(fmt.Sprintf("Subscriber %c", "abc"[i]))
		p.Pays("atelier")
		add(p, "space")
	}
	return crowd
}

func acknowledged(crowd []*member) (n int) {
	for _, m := range crowd {
		m.mu.Lock()
		n += len(m.acked)
		m.mu.Unlock()
	}
	return n
}

func repeats(crowd []*member) (n int) {
	for _, m := range crowd {
		n += m.again
	}
	return n
}

// talk writes one message after the other until ctx ends.
func (m *member) talk(ctx context.Context) {
	var k *apptest.Socket
	leave := func() {
		if k != nil {
			k.Close()
			m.gather(k)
			k = nil
		}
	}
	defer leave()
	for n := 0; ctx.Err() == nil; n++ {
		key, text := rand.Text(), fmt.Sprintf("%s says %d", m.p.Name, n)
		for tries := 0; ctx.Err() == nil; tries++ {
			if k == nil {
				if k = m.enter(); k == nil {
					pause(ctx, 20*time.Millisecond)
					continue
				}
			}
			f, err := k.Post("atelier", m.room, key, text)
			var p *apptest.Problem
			if err == nil {
				m.mu.Lock()
				m.acked[text] = f.Seq
				m.mu.Unlock()
				break
			}
			if errors.As(err, &p) {
				if p.Reason != "slow_down" && p.Reason != "storage_unavailable" && p.Reason != "stopping" {
					m.t.Errorf("%s is refused: %v", m.p.Name, p)
					return
				}
				pause(ctx, 100*time.Millisecond)
				continue
			}
			m.again++
			leave()
		}
	}
}

// enter connects and goes on where the last connection ended.
func (m *member) enter() *apptest.Socket {
	k, err := m.p.Dial()
	if err != nil {
		return nil
	}
	if !m.here {
		f, err := k.Calls(map[string]any{"type": "enter", "channel": "atelier", "room": m.room})
		if err != nil {
			k.Close()
			return nil
		}
		m.here, m.began, m.cursor = true, f.Head, f.Head
		return k
	}
	f, err := k.EnterAt("atelier", m.room, m.cursor)
	if err != nil {
		k.Close()
		return nil
	}
	m.resumed++
	if f.More {
		m.t.Errorf("%s was away too long for one answer", m.p.Name)
	}
	return k
}

// gather keeps what a connection brought.
func (m *member) gather(k *apptest.Socket) {
	for _, e := range k.Stream("atelier", m.room) {
		if e.Seq > m.began { // the first page shows what was there before
			m.seen = append(m.seen, e)
			m.cursor = e.Seq
		}
	}
}

// check compares what this member was told with the log.
func (m *member) check(log []apptest.Event) {
	m.t.Helper()
	for i, e := range m.seen {
		if want := m.began + 1 + int64(i); e.Seq != want {
			m.t.Errorf("%s received sequence %d where %d was due", m.p.Name, e.Seq, want)
			break
		}
		if string(e.Raw) != string(log[e.Seq-1].Raw) {
			m.t.Errorf("%s received %s, the log holds %s", m.p.Name, e.Raw, log[e.Seq-1].Raw)
		}
	}
	written := map[string][]int64{}
	for _, e := range log {
		if e.Kind == "message.posted" && e.Data.Author.ID == m.p.ID {
			written[e.Data.Text] = append(written[e.Data.Text], e.Seq)
		}
	}
	for text, seq := range m.acked {
		if !slices.Equal(written[text], []int64{seq}) {
			m.t.Errorf("%q was acknowledged as %d and stands at %v", text, seq, written[text])
		}
	}
	for text, seqs := range written {
		if len(seqs) > 1 {
			m.t.Errorf("%q stands %d times", text, len(seqs))
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
