// Command listen prints what is said in a channel's public chat, and shows how a
// client resumes without a gap.
//
//	go run ./docs/examples/listen http://127.0.0.1:8080 ines
//
// Owns: one connection. Promises: after a reconnect it goes on after the last
// event it printed, or begins anew when the server was restored from a backup.
// Does not do: signing in; send the session cookie for that.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// frame is the part of the server's frames that this example uses.
type frame struct {
	Type    string
	Head    int64
	History string
	Event   *event
	Events  []event
	Reason  string
	Detail  string
}

// place is how far was read: the last sequence, and of which history it is.
type place struct {
	cursor  int64 // -1: nothing was seen yet
	history string
}

type event struct {
	Seq  int64
	Kind string
	Data struct {
		Author struct{ Name string }
		Text   string
	}
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: listen http://HOST:PORT CHANNEL")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	at := place{cursor: -1}
	for ctx.Err() == nil {
		if err := listen(ctx, os.Args[1], os.Args[2], &at); err != nil && ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, "listen:", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func listen(ctx context.Context, base, channel string, at *place) error {
	ws, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(base, "http")+"/ws", &websocket.DialOptions{Subprotocols: []string{"subspace.v1"}})
	if err != nil {
		return err
	}
	defer ws.CloseNow()
	ws.SetReadLimit(1 << 20)
	enter := map[string]any{"type": "enter", "id": "1", "channel": channel, "room": "public"}
	if at.cursor >= 0 {
		enter["cursor"], enter["history"] = at.cursor, at.history
	}
	hello, err := json.Marshal(enter)
	if err != nil {
		return err
	}
	if err := ws.Write(ctx, websocket.MessageText, hello); err != nil {
		return err
	}
	for {
		_, data, err := ws.Read(ctx)
		if err != nil {
			return err
		}
		var f frame
		if err := json.Unmarshal(data, &f); err != nil {
			return err
		}
		if f.Reason == "cursor_unknown" {
			at.cursor = -1
			return nil // the next connection begins anew
		}
		take(f, at)
	}
}

func take(f frame, at *place) {
	switch f.Type {
	case "entered":
		at.history = f.History
		for _, e := range f.Events {
			show(e, at)
		}
	case "event":
		show(*f.Event, at)
	case "refused", "closed":
		fmt.Println(f.Reason, "-", f.Detail)
	}
}

func show(e event, at *place) {
	if e.Seq <= at.cursor {
		return
	}
	at.cursor = e.Seq
	if e.Kind == "message.posted" { // kinds that this example does not know are passed over
		fmt.Printf("%d %s: %s\n", e.Seq, e.Data.Author.Name, e.Data.Text)
	}
}
