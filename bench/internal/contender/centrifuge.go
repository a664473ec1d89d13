package contender

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/subspace-live/subspace/bench/internal/chatter"
	"github.com/subspace-live/subspace/bench/internal/child"
	"github.com/subspace-live/subspace/bench/internal/speaker"
	"github.com/subspace-live/subspace/bench/internal/wire"
)

func (s *Stage) startCentrifuge(ctx context.Context, class Class, lean bool) (*Running, error) {
	secret := rand.Text()
	args := []string{
		"--secret", secret, "--delay", class.Merge.String(), "--lean=" + strconv.FormatBool(lean), "--channel", handle,
	}
	const ready = "listening on "
	p, err := child.Start(ctx, child.Program{Path: s.hub, Args: append(args, s.certificate.arguments(class)...), Ready: ready})
	if err != nil {
		return nil, err
	}
	_, address, _ := strings.Cut(p.Ready, ready)
	d := foreign{host: address, secret: []byte(secret), envelope: s.envelope}
	r := &Running{PID: p.PID, Address: address, Dialect: d, TLS: s.certificate.config(class), stop: p.Stop}
	// One speaker is enough where nobody counts how fast a person writes, and
	// keeps the order in which messages were due.
	voice, err := speaker.Join(ctx, speaker.Options{
		Address: address, N: 1, Dialect: d, TLS: r.TLS, From: netip.AddrFrom4([4]byte{127, 0, 2, 2}),
	})
	if err != nil {
		r.Stop()
		return nil, err
	}
	r.Voice = voice
	return r, nil
}

// foreign is how a centrifuge server is spoken to: its JSON protocol, commands
// and replies one to a line.
type foreign struct {
	host     string
	secret   []byte
	envelope envelope
}

// The numbers of commands.
const (
	connectID = 1
	enterID   = 2
	postID    = 10 // and more
)

// Upgrade opens the socket; the token comes with the first command.
func (d foreign) Upgrade(int) []byte {
	return wire.Upgrade(d.host, "/connection/websocket", "")
}

// Enter presents a token and subscribes, in one frame.
func (d foreign) Enter(i int) []byte {
	return masked(d.connect(i) + "\n" + fmt.Sprintf(`{"id":%d,"subscribe":{"channel":%q}}`, enterID, handle))
}

// Greet presents a token.
func (d foreign) Greet(i int) []byte { return masked(d.connect(i)) }

func (d foreign) connect(i int) string {
	return fmt.Sprintf(`{"id":%d,"connect":{"token":%q}}`, connectID, d.token(i))
}

// token is a JWT (HS256) that the server checks for each connection.
func (d foreign) token(i int) string {
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(fmt.Appendf(nil, `{"sub":"viewer%06d","exp":4102444800}`, i))
	sum := hmac.New(sha256.New, d.secret)
	sum.Write([]byte(text))
	return text + "." + encode(sum.Sum(nil))
}

// reply is one line from the server.
type reply struct {
	ID    int64
	Error *struct {
		Code    int
		Message string
	}
}

// replies reads the lines that answer commands.
func replies(payload []byte, each func(reply)) {
	for line := range bytes.SplitSeq(payload, []byte("\n")) {
		var r reply
		if bytes.HasPrefix(line, []byte(`{"id":`)) && json.Unmarshal(line, &r) == nil {
			each(r)
		}
	}
}

// answered looks for the answer to one command.
func answered(payload []byte, id int64) (found bool, err error) {
	replies(payload, func(r reply) {
		found = found || r.ID == id
		if r.Error != nil {
			err = fmt.Errorf("refused: %d %s", r.Error.Code, r.Error.Message)
		}
	})
	return found, err
}

// Entered waits for the answer to the subscription.
func (foreign) Entered(payload []byte) (bool, error) { return answered(payload, enterID) }

// Greeted waits for the answer to the token.
func (foreign) Greeted(payload []byte) (bool, error) { return answered(payload, connectID) }

// Post publishes what Subspace would have sent.
func (d foreign) Post(id int64, at time.Time, line string) []byte {
	return masked(fmt.Sprintf(`{"id":%d,"publish":{"channel":%q,"data":%s}}`,
		postID+id, handle, d.envelope.publication(id+1, chatter.Marked(at, line))))
}

// Answers reads the answers to publications.
func (foreign) Answers(payload []byte, told func(int64, error)) {
	replies(payload, func(r reply) {
		var refused error
		if r.Error != nil {
			refused = fmt.Errorf("refused: %d %s", r.Error.Code, r.Error.Message)
		}
		told(r.ID-postID, refused)
	})
}

// Answer returns the pong to the protocol's own ping, an empty object, which may
// come in one frame with messages.
func (foreign) Answer(payload []byte) []byte {
	if bytes.HasPrefix(payload, []byte("{}")) || bytes.Contains(payload, []byte("\n{}")) {
		return masked("{}")
	}
	return nil
}
