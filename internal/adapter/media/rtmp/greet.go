package rtmp

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/message"

	"github.com/subspace-live/subspace/internal/domain/live"
)

// What Adobe's RTMP specification 1.0 (2012, sections 5.4 and 7.2) fixes.
const (
	connectChunkStream = 3
	connectCommand     = 1
	statusChunkStream  = 5
	publishStream      = 0x1000000 // stream 1 as gortmplib writes it
	windowSize         = 2500000
	chunkSize          = 65536
)

// dialogue is what is said up to 'publish'. It stands in for
// gortmplib.ServerConn.Accept, which says 'publishing started' before anybody
// can look at the key; an encoder then takes a wrong key for a broken network
// and reconnects for ever instead of telling its user.
type dialogue struct{ w *wire }

// publish shakes hands and answers commands until the encoder names its key.
// It returns the number of the publish command, to be answered by accept or refuse.
func (g dialogue) publish() (live.Key, int, error) {
	if err := g.w.tap.SetReadDeadline(g.w.tap.deadline()); err != nil {
		return live.Key{}, 0, err
	}
	if err := g.w.Initialize(); err != nil {
		return live.Key{}, 0, fmt.Errorf("handshake: %w", err)
	}
	if err := g.connected(); err != nil {
		return live.Key{}, 0, err
	}
	for {
		m, err := g.w.Read()
		if err != nil {
			return live.Key{}, 0, err
		}
		cmd, ok := m.(*message.CommandAMF0)
		if !ok {
			continue
		}
		switch cmd.Name {
		case "createStream":
			err = g.result(cmd, nil, float64(1))
		case "play":
			err = errors.Join(g.refuse(cmd.CommandID, "NetStream.Play.Failed", "This server plays by HLS only."), errPlay)
		case "publish":
			key, err := publishedKey(cmd)
			return key, cmd.CommandID, err
		}
		if err != nil {
			return live.Key{}, 0, err
		}
	}
}

var errPlay = errors.New("playing by RTMP is not offered")

// publishedKey takes the key from the publish command. OBS and FFmpeg may hang
// a query on it, which is not part of it.
func publishedKey(cmd *message.CommandAMF0) (live.Key, error) {
	if len(cmd.Arguments) < 2 {
		return live.Key{}, errors.New("publish without a name")
	}
	name, _ := cmd.Arguments[1].(string)
	name, _, _ = strings.Cut(name, "?")
	return live.ParseKey(name), nil
}

// connected answers the connect command, which Initialize has read.
func (g dialogue) connected() error {
	for _, m := range []message.Message{
		&message.SetWindowAckSize{Value: windowSize},
		&message.SetPeerBandwidth{Value: windowSize, Type: 2},
		&message.SetChunkSize{Value: chunkSize},
		&message.CommandAMF0{
			ChunkStreamID: connectChunkStream, CommandID: connectCommand, Name: "_result",
			Arguments: []any{
				amf0.Object{{Key: "fmsVer", Value: "LNX 9,0,124,2"}, {Key: "capabilities", Value: float64(31)}},
				amf0.Object{
					{Key: "level", Value: "status"},
					{Key: "code", Value: "NetConnection.Connect.Success"},
					{Key: "description", Value: "Connection succeeded."},
					{Key: "objectEncoding", Value: float64(0)},
				},
			},
		},
	} {
		if err := g.w.Write(m); err != nil {
			return err
		}
	}
	return nil
}

func (g dialogue) result(cmd *message.CommandAMF0, args ...any) error {
	return g.w.Write(&message.CommandAMF0{
		ChunkStreamID: cmd.ChunkStreamID, CommandID: cmd.CommandID, Name: "_result", Arguments: args,
	})
}

// accept says that publishing has started.
func (g dialogue) accept(command int) error {
	return g.status(command, "status", "NetStream.Publish.Start", "Publishing started.")
}

// refuse says why not; description is shown by encoders that show anything.
func (g dialogue) refuse(command int, code, description string) error {
	return g.status(command, "error", code, description)
}

func (g dialogue) status(command int, level, code, description string) error {
	return g.w.Write(&message.CommandAMF0{
		ChunkStreamID: statusChunkStream, MessageStreamID: publishStream, CommandID: command, Name: "onStatus",
		Arguments: []any{nil, amf0.Object{
			{Key: "level", Value: level}, {Key: "code", Value: code}, {Key: "description", Value: description},
		}},
	})
}
