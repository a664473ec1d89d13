package app_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

// Server-sent events carry the same frames from the same log behind the same gate.
func TestAStreamIsTheSameRoom(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	yuna := s.SignUp("Yuna")
	yuna.Pays("atelier")
	k := yuna.Enters("atelier", "public", "space")
	for i := range 5 {
		k.Says("atelier", "public", fmt.Sprint("before ", i))
	}
	reader := s.Stranger()
	public, err := reader.Listens("atelier", "public")
	if err != nil {
		t.Fatal(err)
	}
	space, err := yuna.Listens("atelier", "space")
	if err != nil {
		t.Fatal(err)
	}
	entered := public.Await("the room", apptest.Type("entered", "public"))
	if texts := len(entered.Events); texts < 5 {
		t.Fatalf("entered with %d events", texts)
	}
	space.Await("the space", apptest.Type("entered", "space"))
	k.Says("atelier", "public", "said meanwhile")
	k.Says("atelier", "space", "said inside")
	heard := public.Hears("public", "said meanwhile")
	space.Hears("space", "said inside")
	if reader.Saw("said inside") {
		t.Error("the stream of the public room carried the Sub Space")
	}

	// Somebody who comes back goes on behind the last event they heard.
	public.Close()
	k.Says("atelier", "public", "said while away")
	k.Hears("public", "said while away") // the server's own readers have it
	again, err := reader.Listens("atelier", "public", "Last-Event-ID", fmt.Sprint(heard.Event.Seq))
	if err != nil {
		t.Fatal(err)
	}
	if back := again.Await("the room", apptest.Type("entered", "public")); len(back.Events) != 1 || back.Events[0].Data.Text != "said while away" {
		t.Errorf("came back to %s", back.Raw)
	}

	// Who may not enter gets a status and a reason, and a cursor is a number.
	for want, ask := range map[string]func() (*apptest.Socket, error){
		"sign_in":          func() (*apptest.Socket, error) { return reader.Listens("atelier", "space") },
		"subscribers_only": func() (*apptest.Socket, error) { return s.SignUp("Free").Listens("atelier", "space") },
		"channel_missing":  func() (*apptest.Socket, error) { return reader.Listens("nobody", "public") },
		"room_missing":     func() (*apptest.Socket, error) { return reader.Listens("atelier", "attic") },
		"request_invalid": func() (*apptest.Socket, error) {
			return reader.Listens("atelier", "public", "Last-Event-ID", "yesterday")
		},
		"foreign_origin": func() (*apptest.Socket, error) {
			return yuna.Listens("atelier", "space", "Origin", "https://evil.example")
		},
	} {
		_, err := ask()
		var refused *apptest.Problem
		if !errors.As(err, &refused) || refused.Reason != want || refused.Status < 400 {
			t.Errorf("want %s, got %v", want, err)
		}
	}

	// A ban closes the open stream, and says why.
	c.Bans(yuna)
	if f := space.Await("the end", apptest.Type("closed", "space")); f.Reason != "banned" {
		t.Errorf("closed because %s", f.Reason)
	}
	if code := space.Ended(); code != 4003 {
		t.Errorf("ended with %d", code)
	}
	k2 := c.Owner.Enters("atelier", "space")
	k2.Says("atelier", "space", "after the ban")
	if yuna.Saw("after the ban") {
		t.Error("the banned person was sent what was written afterwards")
	}
}

// A stream is a connection like any other: it counts, and it goes when the server does.
func TestStreamsEndWithTheServer(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	s.Found("atelier")
	k, err := s.Stranger().Listens("atelier", "public")
	if err != nil {
		t.Fatal(err)
	}
	k.Await("the room", apptest.Type("entered", "public"))
	res, err := http.Get(s.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil || !strings.Contains(string(metrics), "subspace_connections 1") {
		t.Errorf("the metrics do not count it: %v", err)
	}
	s.Stop()
	if f := k.Await("a goodbye", apptest.Type("goodbye", "")); f.RetryAfter < 0 {
		t.Errorf("come back after %v", f.RetryAfter)
	}
	if code := k.Ended(); code != 1001 {
		t.Errorf("ended with %d", code)
	}
}
