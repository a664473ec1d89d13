package contender

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/subspace-live/subspace/bench/internal/chatter"
	"github.com/subspace-live/subspace/bench/internal/child"
	"github.com/subspace-live/subspace/bench/internal/wire"
)

func (s *Stage) startFloor(ctx context.Context, class Class) (*Running, error) {
	if class.TLS {
		return nil, fmt.Errorf("send(2) has no TLS to compare")
	}
	p, err := child.Start(ctx, child.Program{
		Path: s.floor, Args: []string{strconv.FormatInt(class.Merge.Milliseconds(), 10)}, Ready: "ready ",
	})
	if err != nil {
		return nil, err
	}
	words := strings.Fields(p.Ready)
	if len(words) != 3 {
		p.Stop()
		return nil, fmt.Errorf("start the floor: it says %q", p.Ready)
	}
	conn, err := net.DialTimeout("tcp4", words[2], 5*time.Second)
	if err != nil {
		p.Stop()
		return nil, fmt.Errorf("reach the floor: %w", err)
	}
	return &Running{PID: p.PID, Address: words[1], Dialect: silent{}, Voice: &floorVoice{conn: conn, envelope: s.envelope}, stop: p.Stop}, nil
}

// floorVoice hands whole frames to the floor.
type floorVoice struct {
	conn     net.Conn
	envelope envelope
	said     int64
}

// Say sends the frame that Subspace would have sent.
func (v *floorVoice) Say(id int64, at time.Time, line string) error {
	event := v.envelope.event(id+1, chatter.Marked(at, line))
	frame := wire.Plain(make([]byte, 4), wire.Text, []byte(ourHead+event+ourTail))
	binary.BigEndian.PutUint32(frame, uint32(len(frame)-4))
	if err := v.conn.SetWriteDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return fmt.Errorf("post to the floor: %w", err)
	}
	if _, err := v.conn.Write(frame); err != nil {
		return fmt.Errorf("post to the floor: %w", err)
	}
	v.said++
	return nil
}

// Said counts what was handed over: the floor acknowledges nothing.
func (v *floorVoice) Said() (acknowledged, refused int64, err error) { return v.said, 0, nil }

// Close ends the floor too.
func (v *floorVoice) Close() { v.conn.Close() } //nolint:errcheck // its end is the message

// silent is a listener that says nothing and is in the room at once.
type silent struct{}

// Upgrade implements crowd.Dialect.
func (silent) Upgrade(int) []byte { return nil }

// Enter implements crowd.Dialect.
func (silent) Enter(int) []byte { return nil }

// Entered implements crowd.Dialect.
func (silent) Entered([]byte) (bool, error) { return true, nil }

// Answer implements crowd.Dialect.
func (silent) Answer([]byte) []byte { return nil }
