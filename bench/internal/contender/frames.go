package contender

import (
	"bytes"
	"fmt"

	"github.com/subspace-live/subspace/bench/internal/wire"
)

func masked(text string) []byte { return wire.Masked(nil, wire.Text, []byte(text)) }

// is reports whether a frame of Subspace's is of a kind.
func is(payload []byte, kind string) bool {
	rest, ok := bytes.CutPrefix(payload, []byte(`{"type":"`))
	return ok && bytes.HasPrefix(rest, append([]byte(kind), '"'))
}

// refusal returns what a frame refuses, if it does.
func refusal(payload []byte) error {
	if is(payload, "refused") || is(payload, "closed") {
		return fmt.Errorf("refused: %s", payload)
	}
	return nil
}
