package app_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

// member is one person who writes into one room, comes back by themselves, to
// the next node if there are several, and sends again what was not acknowledged.
type member struct {
	t     *testing.T
	p     *apptest.Person
	homes []*apptest.Person // the same person as a visitor of each node
	visit int
	room  string

	mu      sync.Mutex
	acked   map[string]int64 // text → sequence
	again   int
	resumed int
	here    bool
	cursor  int64
	began   int64
	seen    []apptest.Event
}

// newCrowd makes people on the first place who visit all of them in turn.
func newCrowd(t *testing.T, c apptest.Channel, places ...*apptest.Place) []*member {
	t.Helper()
	var crowd []*member
	add := func(p *apptest.Person, room string) {
		m := &member{t: t, p: p, room: room, acked: map[string]int64{}, visit: len(crowd)}
		for _, place := range places {
			m.homes = append(m.homes, p.AtPlace(place))
		}
		crowd = append(crowd, m)
	}
	for i := range 8 {
		add(places[0].Light(fmt.Sprintf("Viewer %c", "abcdefgh"[i])), "public")
	}
	add(c.Owner, "space")
	for i := range 3 {
		p := places[0].SignUp(fmt.Sprintf("Subscriber %c", "abc"[i]))
		p.Pays("atelier")
		add(p, "space")
	}
	return crowd
}

// assemble has the crowd talk until stop is called, which waits for them.
func assemble(t *testing.T, crowd []*member) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for _, m := range crowd {
		clients.Go(func() { m.talk(ctx) })
	}
	return sync.OnceFunc(func() {
		cancel()
		clients.Wait()
	})
}

// goesOn waits until so many more messages are acknowledged.
func goesOn(t *testing.T, crowd []*member, more int) {
	t.Helper()
	goal := acknowledged(crowd) + more
	apptest.Eventually(t, "nobody gets through any more", func() bool { return acknowledged(crowd) >= goal })
}

// account compares what everybody was told with the logs and returns how many
// messages were acknowledged and how often somebody came back.
func account(t *testing.T, c apptest.Channel, crowd []*member) (acked, resumed int) {
	t.Helper()
	logs := map[string][]apptest.Event{}
	for _, room := range []string{"public", "space"} {
		logs[room] = c.Owner.History("atelier", room, 0)
		gapless(t, logs[room], 1, int64(len(logs[room])))
	}
	for _, m := range crowd {
		m.check(logs[m.room])
		acked += len(m.acked)
		resumed += m.resumed
	}
	return acked, resumed
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
					pause(ctx, 50*time.Millisecond)
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
				switch p.Reason {
				case "slow_down":
				case "storage_unavailable", "stopping", "unconfirmed", "unavailable":
					leave()
				default:
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
	m.visit++
	k, err := m.homes[m.visit%len(m.homes)].Dial()
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
