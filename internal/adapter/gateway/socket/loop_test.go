package socket_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/subspace-live/subspace/internal/adapter/gateway/socket"
)

// between is a turn that counts what was done since its last slice.
type between struct {
	done *[]int
	last int
	most int
	all  int
	over chan struct{}
}

func (b *between) Turn() bool {
	b.most = max(b.most, len(*b.done)-b.last)
	b.last = len(*b.done)
	if b.last == b.all {
		close(b.over)
		return false
	}
	return true
}

// However much is asked of a loop at once, turns are served in between, and what
// was asked is done in its order.
func TestManyJobsDoNotKeepTurnsWaiting(t *testing.T) {
	loops, err := socket.New(socket.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() { loops.Run(ctx) }) //nolint:errcheck // ends with ctx
	defer run.Wait()
	defer stop()
	const jobs, each = 200, time.Millisecond
	var done []int
	b := &between{done: &done, all: jobs, over: make(chan struct{})}
	l := loops.All()[0]
	l.Do(func() { // so that all are asked for before one is done
		for i := range jobs {
			l.Do(func() {
				for until := time.Now().Add(each); time.Now().Before(until); {
				}
				done = append(done, i)
			})
		}
		l.Ready(b)
	})
	<-b.over
	if b.most > 5 {
		t.Errorf("a turn waited for %d jobs of %v", b.most, each)
	}
	if !slices.IsSorted(done) {
		t.Errorf("done in the order %v", done)
	}
}

// A handshake that comes when the loops have ended is hung up on, and nothing of
// a loop is touched but by itself: the race detector looks on.
func TestHandshakesWhileTheLoopsEnd(t *testing.T) {
	for name, by := range map[string]way{"polled": {}, "portable": {portable: true}} {
		t.Run(name, func(t *testing.T) {
			for range 10 {
				endAmidHandshakes(t, by)
			}
		})
	}
}

func endAmidHandshakes(t *testing.T, by way) {
	t.Helper()
	loops, err := socket.New(socket.Options{MessageMax: 1000, QueueMax: 1 << 20, Portable: by.portable})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var run sync.WaitGroup
	run.Go(func() { loops.Run(ctx) }) //nolint:errcheck // ends with ctx
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		loops.Upgrade(w, r, "echo.v1", func(c *socket.Conn) (socket.User, []byte) { //nolint:errcheck // Upgrade has answered
			return &echo{loops, c}, socket.Text([]byte("hello"))
		})
	}))
	defer web.Close()
	come := func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		ws, _, err := websocket.Dial(ctx, web.URL, nil)
		for err == nil { // until the server ends it
			_, _, err = ws.Read(ctx)
		}
		if ws != nil {
			ws.CloseNow() //nolint:errcheck // over either way
		}
		if ctx.Err() != nil {
			t.Error("a client was neither served nor hung up on")
		}
	}
	var clients sync.WaitGroup
	for i := range 40 {
		if i == 20 {
			stop()
		}
		clients.Go(come)
	}
	run.Wait()
	clients.Go(come)
	clients.Wait()
}
