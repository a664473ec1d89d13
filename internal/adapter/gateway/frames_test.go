package gateway

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/gateway/socket"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Frames that are put together by hand are what encoding/json would make.
func TestFramesMadeByHandAreJSON(t *testing.T) {
	same := func(name string, got []byte, want any) {
		t.Helper()
		wanted, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(wanted) {
			t.Errorf("%s is %s, want %s", name, got, wanted)
		}
	}
	type person struct {
		ID       string `json:"id"`
		Name     string `json:"name"`
		Kind     string `json:"kind"`
		Operator bool   `json:"operator"`
	}
	type hello struct {
		Type    string  `json:"type"`
		Account *person `json:"account"`
		Session string  `json:"session"`
	}
	same("nobody's hello", helloMessage(nil), hello{Type: "hello"})
	const name = `Inès "<i>\` + "\n\u2028"
	who := account.Session{ID: "06h1", Account: account.Account{ID: "06h0", Name: name, Operator: true}}
	same("a light hello", helloMessage(&who), hello{"hello", &person{"06h0", name, "light", true}, "06h1"})
	who.Account.Password, who.Account.Operator = "hash", false
	same("a full hello", helloMessage(&who), hello{"hello", &person{"06h0", name, "full", false}, "06h1"})

	type entered struct {
		Type    string            `json:"type"`
		ID      string            `json:"id"`
		Channel string            `json:"channel"`
		Room    string            `json:"room"`
		Log     string            `json:"log"`
		History string            `json:"history"`
		Head    int64             `json:"head"`
		More    bool              `json:"more"`
		Until   *event.Time       `json:"until"`
		State   stateView         `json:"state"`
		Events  []json.RawMessage `json:"events"`
	}
	a := &audience{gateway: &Gateway{opt: Options{History: "06h3"}}, handle: "atelier", address: room.Address{Audience: room.Space}, log: "06h2"}
	inside, ends := 3, time.UnixMilli(1_790_000_000_000)
	for _, state := range []stateView{{Viewers: 12}, {Viewers: 12, Inside: &inside}, {Viewers: 1, Modes: &event.ModesChanged{Slow: 30, Unique: true}}} {
		for _, until := range []time.Time{{}, ends} {
			frame := appendEntered(nil, name, a, page{events: []byte(`[{"seq":7}]`), head: 7, more: true}, until, state)
			want := entered{
				Type: "entered", ID: name, Channel: "atelier", Room: "space", Log: "06h2", History: "06h3", Head: 7, More: true,
				State: state, Events: []json.RawMessage{[]byte(`{"seq":7}`)},
			}
			if !until.IsZero() {
				at := event.Time(until)
				want.Until = &at
			}
			message, err := json.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			if string(frame) != string(socket.Text(message)) {
				t.Errorf("entered is %s, want %s", frame, message)
			}
		}
	}
}
