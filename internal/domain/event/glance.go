package event

import (
	"bytes"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// What is asked of every event on every node is read from its bytes without
// decoding them. Inside of what people write a quotation mark is escaped, so
// that a name with its marks, "kind":", is always ours.

// KindOf returns the kind of an event.
func KindOf(encoded []byte) Kind {
	kind, _ := word(encoded, `"kind":"`) // the envelope's comes before the payload
	return Kind(kind)
}

// Removes reports whether an event takes back words that were said before it:
// whoever keeps events in memory must let go of them.
func Removes(encoded []byte) bool { return is[MessageRemoved](encoded) }

// WriterOf returns who wrote a message and in which role; false when the event
// is no message.
func WriterOf(encoded []byte) (id ident.Account, role string, ok bool) {
	if !is[MessagePosted](encoded) {
		return "", "", false
	}
	author, rest := word(encoded, `"author":{"id":"`)
	of, _ := word(rest, `"role":"`)
	return ident.Account(author), string(of), rest != nil && of != nil
}

// ModesIn returns how a room is written in after an event; false when the event
// does not say.
func ModesIn(encoded []byte) (ModesChanged, bool) {
	if !is[ModesChanged](encoded) {
		return ModesChanged{}, false
	}
	env, err := Decode(encoded)
	if err != nil {
		return ModesChanged{}, false
	}
	return As[ModesChanged](env)
}

func is[P Payload](encoded []byte) bool {
	var p P
	kind, _ := p.EventKind()
	return KindOf(encoded) == kind
}

// word returns what stands between a name and the next quotation mark, and what
// follows it.
func word(b []byte, name string) (word, rest []byte) {
	_, rest, ok := bytes.Cut(b, []byte(name))
	if !ok {
		return nil, nil
	}
	if word, rest, ok = bytes.Cut(rest, []byte{'"'}); !ok {
		return nil, nil
	}
	return word, rest
}
