package event

import "bytes"

// Removes reports whether an event takes back words that were said before it:
// whoever keeps events in memory must let go of them. It may be true of others.
func Removes(encoded []byte) bool {
	// Inside of what people write a quotation mark is escaped, so that this is the
	// envelope's.
	return bytes.Contains(encoded, []byte(`"kind":"message.removed"`))
}
