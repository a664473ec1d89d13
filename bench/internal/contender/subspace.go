package contender

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/subspace-live/subspace/bench/internal/chatter"
	"github.com/subspace-live/subspace/bench/internal/place"
	"github.com/subspace-live/subspace/bench/internal/speaker"
	"github.com/subspace-live/subspace/bench/internal/wire"
)

// shared is how many connections present the same session.
const shared = 10

// everything is more messages a second than anybody says here: nobody is shown a
// sample, because the opponents show everything.
const everything = "10000"

// found sets up the folder that all of Subspace's runs begin with.
func (s *Stage) found(ctx context.Context) error {
	if err := os.MkdirAll(s.prepared, 0o700); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	server, err := place.Serve(ctx, place.Options{Binary: s.opt.Subspace.Binary, Data: s.prepared, Args: s.opt.Subspace.Args})
	if err != nil {
		return err
	}
	defer server.Stop()
	owner, err := server.Found(ctx, handle)
	if err != nil {
		return err
	}
	needed := (s.opt.N + shared - 1) / shared
	people, err := server.Light(ctx, needed+s.opt.Speakers)
	if err != nil {
		return fmt.Errorf("make accounts: %w", err)
	}
	s.listeners, s.speakers = people[:needed], people[needed:]
	if err := s.learnEnvelope(ctx, server, owner); err != nil {
		return err
	}
	return s.talk(ctx, server)
}

// learnEnvelope posts the probe in another channel, so that the room stays as it is.
func (s *Stage) learnEnvelope(ctx context.Context, server *place.Server, owner place.Person) error {
	const aside = "prob"
	if _, err := server.Another(ctx, owner, aside); err != nil {
		return err
	}
	c := place.NewCaller(server.URL, "127.0.2.1")
	defer c.Close()
	messages := "/api/channels/" + aside + "/rooms/public"
	if err := c.Call(ctx, s.speakers[0], "POST", messages+"/messages", map[string]any{"key": "envelope", "text": probe}, nil); err != nil {
		return fmt.Errorf("post the probe: %w", err)
	}
	var page struct{ Events []json.RawMessage }
	if err := c.Call(ctx, s.speakers[0], "GET", messages+"/events", nil, &page); err != nil {
		return fmt.Errorf("read the probe: %w", err)
	}
	if len(page.Events) == 0 {
		return fmt.Errorf("read the probe: there is none")
	}
	var err error
	s.envelope, err = learn(page.Events[len(page.Events)-1])
	return err
}

// talk leaves the wished number of messages in the room.
func (s *Stage) talk(ctx context.Context, server *place.Server) error {
	if s.opt.History == 0 {
		return nil
	}
	c := place.NewCaller(server.URL, "127.0.2.1")
	defer c.Close()
	lines := chatter.New(50)
	for i := range s.opt.History {
		who := s.speakers[i%len(s.speakers)]
		text := map[string]any{"key": fmt.Sprintf("history-%06d", i), "text": lines.Next()}
		if err := c.Call(ctx, who, "POST", "/api/channels/"+handle+"/rooms/public/messages", text, nil); err != nil {
			return fmt.Errorf("post message %d before the beginning: %w", i, err)
		}
	}
	return nil
}

func (s *Stage) startSubspace(ctx context.Context, build Build, class Class) (*Running, error) {
	s.runs++
	data := filepath.Join(s.folder, fmt.Sprintf("run-%03d", s.runs))
	if err := place.Copy(s.prepared, data); err != nil {
		return nil, err
	}
	args := append(s.certificate.arguments(class), "--readable-rate", everything)
	args = append(args, build.Args...)
	server, err := place.Serve(ctx, place.Options{Binary: build.Binary, Data: data, Args: args})
	if err != nil {
		return nil, err
	}
	r := &Running{
		PID: server.PID, Address: server.Host, TLS: s.certificate.config(class),
		Dialect: Native{Host: server.Host, Handle: handle, Room: "public", People: s.listeners, Shared: shared},
		stop: func() {
			server.Stop()
			os.RemoveAll(data) //nolint:errcheck // Close removes it otherwise
		},
	}
	voice, err := speaker.Join(ctx, speaker.Options{
		Address: server.Host, N: len(s.speakers), TLS: r.TLS, From: netip.AddrFrom4([4]byte{127, 0, 2, 2}),
		Dialect: Native{Host: server.Host, Handle: handle, Room: "public", People: s.speakers, Shared: 1},
	})
	if err != nil {
		r.Stop()
		return nil, err
	}
	r.Voice = voice
	return r, nil
}

// Native is how Subspace is spoken to, by listeners and speakers (docs/protocol.md).
type Native struct {
	Host, Handle, Room string
	People             []place.Person
	Shared             int // connections of one person
}

// Upgrade presents a session.
func (d Native) Upgrade(i int) []byte {
	return wire.Upgrade(d.Host, "/ws", "Sec-WebSocket-Protocol: subspace.v1\r\nCookie: "+d.Person(i).Cookie+"\r\n")
}

// Person is who connection i belongs to.
func (d Native) Person(i int) place.Person { return d.People[i/d.Shared%len(d.People)] }

// Enter asks for the room.
func (d Native) Enter(int) []byte {
	return masked(`{"type":"enter","id":"in","channel":"` + d.Handle + `","room":"` + d.Room + `"}`)
}

// Entered waits for the door to open.
func (Native) Entered(payload []byte) (bool, error) {
	return is(payload, "entered"), refusal(payload)
}

// Greet has nothing to say: a speaker need not be in the room.
func (Native) Greet(int) []byte { return nil }

// Greeted waits for the first frame.
func (Native) Greeted(payload []byte) (bool, error) { return is(payload, "hello"), refusal(payload) }

// Post writes into the room.
func (d Native) Post(id int64, at time.Time, line string) []byte {
	n := strconv.FormatInt(id, 10)
	return masked(`{"type":"post","id":"` + n + `","channel":"` + d.Handle + `","room":"` + d.Room +
		`","key":"bench-` + fmt.Sprintf("%08d", id) + `","text":` + quote(chatter.Marked(at, line)) + `}`)
}

// Answers reads acks and refusals.
func (Native) Answers(payload []byte, answered func(int64, error)) {
	refused := refusal(payload)
	if !is(payload, "ack") && refused == nil {
		return
	}
	var f struct{ ID string }
	if err := json.Unmarshal(payload, &f); err != nil {
		answered(-1, fmt.Errorf("read an answer: %w", err))
		return
	}
	id, err := strconv.ParseInt(f.ID, 10, 64)
	if err != nil {
		id = -1
	}
	answered(id, refused)
}

// Answer is never needed: pings are the socket's own.
func (Native) Answer([]byte) []byte { return nil }
