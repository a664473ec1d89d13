package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/subspace-live/subspace/internal/adapter/gateway"
	"github.com/subspace-live/subspace/internal/app/apptest"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// sloth is a client that reads nothing until it is told to.
type sloth struct {
	*websocket.Conn
	t *testing.T
}

func (s *stage) sloth(t *testing.T, who ident.Account, audience room.Audience) sloth {
	t.Helper()
	ws, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(s.place.URL, "http")+"/ws", &websocket.DialOptions{
		Subprotocols: []string{gateway.Subprotocol}, HTTPHeader: map[string][]string{"X-Who": {string(who)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.CloseNow() }) //nolint:errcheck // over either way
	ws.SetReadLimit(4 << 20)
	k := sloth{ws, t}
	frame := fmt.Sprintf(`{"type":"enter","id":"1","channel":"atelier","room":%q}`, audience)
	if err := ws.Write(t.Context(), websocket.MessageText, []byte(frame)); err != nil {
		t.Fatal(err)
	}
	for {
		f, err := k.next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if f.Type == "entered" {
			return k
		}
	}
}

type heardFrame struct {
	Type, Channel, Why string
	From, To, Head     int64
	Event              struct {
		Seq  int64
		Data struct{ Text string }
	}
}

func (k sloth) next(ctx context.Context) (f heardFrame, err error) {
	ctx, cancel := context.WithTimeout(ctx, apptest.Patience)
	defer cancel()
	_, b, err := k.Read(ctx)
	if err == nil {
		err = json.Unmarshal(b, &f)
	}
	return f, err
}

// floodRounds of 200 messages are about 2.5 MB.
const floodRounds = 20

// flood says far more than any buffer on the way holds, while somebody quick
// keeps up. It returns the last words.
func (s *stage) flood(audience room.Audience, who ident.Account) (last string) {
	quick := s.enters(who, string(audience))
	words := strings.Repeat("wörds ", 80)
	for round := range floodRounds {
		texts := make([]string, 200)
		for i := range texts {
			texts[i] = fmt.Sprintf("%d %s", round*len(texts)+i, words)
		}
		s.says(audience, texts...)
		last = texts[len(texts)-1]
		quick.Hears(string(audience), last)
	}
	return last
}

// A reader too slow for a public room goes on at the head and is told what was
// left out. Nobody else is held up, and nothing is missing without a word.
func TestSlowReaderOfThePublicRoomIsLedToTheHead(t *testing.T) {
	onBothWires(t, testSlowReaderOfThePublicRoom)
}

func testSlowReaderOfThePublicRoom(t *testing.T, newStage stageMaker) {
	s := newStage(t)
	slow := s.sloth(t, "", room.Public)
	last := s.flood(room.Public, "")
	var cursor, skipped int64
	for caughtUp := false; !caughtUp; {
		f, err := slow.next(t.Context())
		if err != nil {
			t.Fatalf("after %d: %v", cursor, err)
		}
		switch f.Type {
		case "event":
			if f.Event.Seq != cursor+1 {
				t.Fatalf("sequence %d after %d without a word", f.Event.Seq, cursor)
			}
			cursor = f.Event.Seq
		case "skipped":
			if f.From != cursor+1 || f.To < f.From || f.Why != "slow" {
				t.Fatalf("skipped %d to %d because %s, after %d", f.From, f.To, f.Why, cursor)
			}
			skipped += f.To - f.From + 1
			cursor = f.To
		}
		caughtUp = f.Event.Data.Text == last || cursor == floodRounds*200
	}
	if skipped == 0 {
		t.Error("nothing was skipped: the reader was not slow")
	}
	s.says(room.Public, "afterwards")
	for {
		f, err := slow.next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if f.Event.Data.Text == "afterwards" {
			return
		}
	}
}

// In a Sub Space nothing is skipped: a reader too slow for it is closed with a
// code that says so, and resumes with the cursor without loss.
func TestSlowReaderOfAPrivateRoomIsClosedAndResumes(t *testing.T) {
	onBothWires(t, testSlowReaderOfAPrivateRoom)
}

func testSlowReaderOfAPrivateRoom(t *testing.T, newStage stageMaker) {
	s := newStage(t)
	slow := s.sloth(t, s.yuna, room.Space)
	s.flood(room.Space, s.Subscriber(s.channel, s.Person("Ravi"), 1))
	var cursor int64
	for {
		f, err := slow.next(t.Context())
		if err != nil {
			// Whoever reads nothing for a while after the goodbye is cut off without it.
			if code := websocket.CloseStatus(err); code != 4008 && code != -1 {
				t.Errorf("closed with %d, want 4008", code)
			}
			break
		}
		if f.Type == "skipped" {
			t.Fatal("something was skipped in a private room")
		}
		if f.Type == "event" {
			if f.Event.Seq != cursor+1 {
				t.Fatalf("sequence %d after %d", f.Event.Seq, cursor)
			}
			cursor = f.Event.Seq
		}
	}
	if cursor == 0 || cursor == floodRounds*200 {
		t.Fatalf("the slow reader got %d of %d: it was not slow", cursor, floodRounds*200)
	}
	for again, n, more := s.enters(s.yuna), 1, true; more; n++ {
		if n%5 == 0 { // before the gateway calls it too many
			again = s.enters(s.yuna)
		}
		f, err := again.EnterAt("atelier", "space", cursor)
		if busy := new(apptest.Problem); errors.As(err, &busy) && busy.Reason == "room_busy" {
			continue // the machine was too slow to confirm a right within its lease: a client asks again
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range f.Events {
			if e.Seq != cursor+1 {
				t.Fatalf("resumed at %d after %d", e.Seq, cursor)
			}
			cursor = e.Seq
		}
		more = f.More
	}
	if cursor != floodRounds*200 {
		t.Errorf("resumed to %d of %d", cursor, floodRounds*200)
	}
}

// What a crowd that has stopped reading keeps in memory is a list for each, beside
// the frames, which all of them share.
func TestACrowdThatStopsReadingHoldsLittle(t *testing.T) {
	s := newStage(t, false)
	const crowd = 200
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	for range crowd {
		s.sloth(t, "", room.Public)
	}
	quick := s.sloth(t, "", room.Public) // it reads, and keeps nothing
	before := heap()
	short := make([]string, 500) // far more than the kernel keeps for one, in small frames
	waited := 0
	for round := range 30 {
		for i := range short {
			short[i] = fmt.Sprintf("short %d-%d", round, i)
		}
		s.says(room.Public, short...)
		quick.until(func(f heardFrame) bool { return f.Event.Data.Text == short[len(short)-1] })
		waited = max(waited, s.gateway.Waiting())
	}
	held := heap() - before
	fmt.Printf("figure: %d readers of the public room stand still: %d KiB of frames wait for one; in memory are %d KiB more for all, %.1f for each\n",
		crowd, waited>>10, held>>10, float64(held)/1024/crowd)
	if waited == 0 || waited > 128<<10 {
		t.Errorf("%d bytes waited for one client", waited)
	}
	if most := int64(crowd*16<<10 + 4<<20); held > most { // all of them apart would be crowd times 128 KiB
		t.Errorf("%d readers that stand still hold %d KiB, more than %d", crowd, held>>10, most>>10)
	}
}
