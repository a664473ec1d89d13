// Package bus carries bells and passing state between nodes over NATS.
//
// Owns: the NATS server inside the process (the default) and the client to it
// or to an external one; one client, two ways to connect. Promises: what is
// published reaches every node that listens, at most once, and its own node the
// same way; whoever publishes never waits, whatever state the server is in.
// Does not do: durability. A lost bell is healed by reading the log.
package bus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Bus is a node's connection.
type Bus struct {
	conn      *nats.Conn
	outgoing  *outgoing
	connected atomic.Bool    // asking the client may take as long as it writes
	closed    chan struct{}  // closed when the connection is
	inside    *server.Server // nil when the NATS server is external
	log       *slog.Logger
}

// startLimit is how long the NATS server inside may take to start.
const startLimit = 10 * time.Second

// The patience with a NATS server that says nothing.
const (
	pingEvery  = 5 * time.Second
	writeLimit = 2 * time.Second
)

// Open connects to url, or starts a server inside the process when it is empty.
// A connection that breaks later is made again by itself, for ever.
func Open(ctx context.Context, url string, log *slog.Logger) (*Bus, error) {
	return open(url, log, writeLimit)
}

func open(url string, log *slog.Logger, patience time.Duration) (*Bus, error) {
	b := &Bus{log: log, closed: make(chan struct{})}
	b.connected.Store(true) // until it is said that it broke; without a connection there is no Bus
	opts := []nats.Option{
		nats.Name("subspace"), nats.MaxReconnects(-1), nats.ReconnectWait(200 * time.Millisecond),
		// One that fell silent is noticed, and its node says so.
		nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(2), nats.FlusherTimeout(patience),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			b.connected.Store(false)
			if err != nil {
				log.Warn("bus disconnected; delivery goes on by heads", "err", err)
			}
		}),
		nats.ClosedHandler(func(*nats.Conn) { close(b.closed) }),
		nats.ReconnectHandler(func(*nats.Conn) {
			b.connected.Store(true)
			log.Info("bus connected again")
		}),
	}
	if url == "" {
		if err := b.startInside(); err != nil {
			return nil, err
		}
		opts = append(opts, nats.InProcessServer(b.inside))
	}
	conn, err := nats.Connect(url, opts...)
	if err != nil {
		if b.inside != nil {
			b.inside.Shutdown()
		}
		return nil, fault.New(fault.Unavailable, "bus_unavailable", "The NATS server cannot be reached: check --nats.").Because(err)
	}
	b.conn = conn
	b.outgoing = newOutgoing(conn.Publish, log)
	return b, nil
}

func (b *Bus) startInside() error {
	s, err := server.NewServer(&server.Options{DontListen: true, NoSigs: true, NoLog: true, MaxPayload: 1 << 20})
	if err != nil {
		return fmt.Errorf("bus: %w", err)
	}
	s.Start()
	if !s.ReadyForConnections(startLimit) {
		s.Shutdown()
		return errors.New("bus: the NATS server inside did not start")
	}
	b.inside = s
	return nil
}

// closeLimit is how long a bus that carries nothing may take to end.
const closeLimit = 2 * time.Second

// Close sends what is queued and disconnects.
func (b *Bus) Close() error {
	var err error
	if b.outgoing.close(closeLimit) {
		err = b.drain()
	} else { // it carries nothing, and heads heal what is lost
		b.conn.Close()
	}
	<-b.outgoing.done
	if b.inside != nil {
		b.inside.Shutdown()
		b.inside.WaitForShutdown()
	}
	return err
}

// drain disconnects when what NATS's client still holds is sent.
func (b *Bus) drain() error {
	err := b.conn.Drain()
	if errors.Is(err, nats.ErrConnectionReconnecting) { // nothing can be sent, and heads heal what is lost
		b.conn.Close()
		err = nil
	}
	select {
	case <-b.closed:
	case <-time.After(closeLimit): // a broken connection drains nowhere
		b.conn.Close()
	}
	return err
}

// Connected reports whether the bus carries anything right now.
func (b *Bus) Connected() bool { return b.connected.Load() }

// Lost counts the messages for other nodes that were given up, because the bus
// took them more slowly than they came.
func (b *Bus) Lost() uint64 { return b.outgoing.lost.Load() }

// ringMax bounds the bytes of one message to other nodes; NATS takes a megabyte.
const ringMax = 256 << 10

// Ring publishes bells and does not wait: those of one log that follow each other
// go together. What cannot be sent is counted and healed by heads.
func (b *Bus) Ring(bells []room.Bell) {
	for len(bells) > 0 {
		first, size, n := bells[0], 0, 0
		for n < len(bells) && bells[n].Address == first.Address && bells[n].Seq == first.Seq+int64(n) && (n == 0 || size+len(bells[n].Bytes) < ringMax) {
			size += len(bells[n].Bytes) + 1
			n++
		}
		b.publish(bells[:n], size)
		bells = bells[n:]
	}
}

// publish sends the events of one log, a line each: encoded, none holds a line
// end. The sequence of the first is in the subject.
func (b *Bus) publish(bells []room.Bell, size int) {
	first := bells[0]
	lines := make([]byte, 0, size)
	for i, bell := range bells {
		if i > 0 {
			lines = append(lines, '\n')
		}
		lines = append(lines, bell.Bytes...)
	}
	audience := string(first.Audience)
	if first.Level > 1 {
		audience += "_" + strconv.Itoa(first.Level)
	}
	subject := "subspace.bell." + audience + "." + string(first.Channel) + "." + string(first.Log) + "." + strconv.FormatInt(first.Seq, 10)
	b.outgoing.put(parcel{subject, lines})
}

// OnBell calls f for every bell of every node, in the order of one connection.
// f must not block.
func (b *Bus) OnBell(f func(room.Bell)) error {
	return b.subscribe("subspace.bell.*.*.*.*", func(m *nats.Msg) {
		p := strings.Split(m.Subject, ".")
		seq, err := strconv.ParseInt(p[5], 10, 64)
		if err != nil {
			b.log.Warn("bell not understood", "subject", m.Subject)
			return
		}
		audience, level, _ := strings.Cut(p[2], "_")
		at, log := room.Address{Audience: room.Audience(audience), Channel: ident.Channel(p[3])}, ident.Log(p[4])
		if at.Audience == room.ThreadRoom {
			at.Thread = ident.Thread(log) // a thread and its log have one name
		}
		from, _ := strconv.Atoi(level) // none: everybody inside
		for line := range bytes.SplitSeq(m.Data, []byte{'\n'}) {
			f(room.Bell{Address: at, Level: from, Encoded: event.Encoded{Log: log, Seq: seq, Bytes: line}})
			seq++
		}
	})
}

// presence is the wire form of room.Presence between nodes.
type presence struct {
	Node    string        `json:"node"`
	Channel ident.Channel `json:"channel"`
	Viewers int           `json:"viewers"`
	Inside  int           `json:"inside"`
}

// Announce tells all nodes how many are here. It does not wait.
func (b *Bus) Announce(p room.Presence) {
	data, err := json.Marshal(presence(p))
	if err != nil {
		b.log.Debug("presence lost", "err", err)
		return
	}
	b.outgoing.put(parcel{"subspace.presence", data})
}

// OnPresence calls f with what every node announces. f must not block.
func (b *Bus) OnPresence(f func(room.Presence)) error {
	return b.subscribe("subspace.presence", func(m *nats.Msg) {
		var p presence
		if err := json.Unmarshal(m.Data, &p); err != nil {
			b.log.Warn("presence not understood", "err", err)
			return
		}
		f(room.Presence(p))
	})
}

func (b *Bus) subscribe(subject string, f nats.MsgHandler) error {
	if _, err := b.conn.Subscribe(subject, f); err != nil {
		return fmt.Errorf("bus: subscribe %s: %w", subject, err)
	}
	return b.conn.Flush()
}
