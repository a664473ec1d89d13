package contender

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// handle is the channel whose room is measured.
const handle = "ines"

// envelope is one of Subspace's events with holes for sequence and text, learned
// from an event that a real server wrote.
type envelope struct{ head, middle, tail string }

// probe is the text of the event an envelope is learned from.
const probe = "what is around me"

func learn(event []byte) (envelope, error) {
	const seq = `"seq":`
	at := bytes.Index(event, []byte(seq))
	text := bytes.Index(event, []byte(`"`+probe+`"`))
	if at < 0 || text < at {
		return envelope{}, fmt.Errorf("learn the envelope: no sequence or text in %q", event)
	}
	at += len(seq)
	digits := 0
	for at+digits < len(event) && event[at+digits] >= '0' && event[at+digits] <= '9' {
		digits++
	}
	if digits == 0 {
		return envelope{}, errors.New("learn the envelope: the sequence is no number")
	}
	return envelope{
		head:   string(event[:at]),
		middle: string(event[at+digits : text]),
		tail:   string(event[text+len(probe)+2:]),
	}, nil
}

// event is what Subspace would have written.
func (e envelope) event(seq int64, text string) string {
	return e.head + strconv.FormatInt(seq, 10) + e.middle + quote(text) + e.tail
}

// The wrappers around an event and around a publication.
const (
	ourHead, ourTail     = `{"type":"event","channel":"` + handle + `","room":"public","event":`, `}`
	theirHead, theirTail = `{"push":{"channel":"` + handle + `","pub":{"data":`, `}}}`
)

// publication is the event as data of a centrifuge publication, padded so that
// both are the same number of bytes on the wire.
func (e envelope) publication(seq int64, text string) string {
	const field = `,"pad":""`
	event := e.event(seq, text)
	missing := len(ourHead) + len(ourTail) - len(theirHead) - len(theirTail) - len(field)
	if missing < 0 {
		return event
	}
	return event[:len(event)-1] + field[:len(field)-1] + strings.Repeat("x", missing) + `"}`
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return `""` // a string that json refuses does not exist
	}
	return string(b)
}
