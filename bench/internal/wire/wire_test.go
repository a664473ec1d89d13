package wire_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/subspace-live/subspace/bench/internal/wire"
)

func TestCutReturnsWhatPlainWroteHoweverItArrives(t *testing.T) {
	for _, size := range []int{0, 1, 125, 126, 70_000} {
		text := []byte(strings.Repeat("x", size))
		frame := wire.Plain(nil, wire.Text, text)
		for _, short := range []int{0, 1, 2, 3, len(frame) - 1} {
			if short >= len(frame) {
				continue
			}
			if _, rest, ok, err := wire.Cut(frame[:short]); ok || err != nil || len(rest) != short {
				t.Errorf("%d bytes of a frame of %d: ok=%v err=%v", short, len(frame), ok, err)
			}
		}
		f, rest, ok, err := wire.Cut(append(frame, 0x81))
		if !ok || err != nil || f.Op != wire.Text || !bytes.Equal(f.Payload, text) || len(rest) != 1 {
			t.Errorf("a frame of %d bytes: ok=%v err=%v rest=%d", size, ok, err, len(rest))
		}
	}
}

func TestCutRefusesNonsense(t *testing.T) {
	for name, b := range map[string][]byte{
		"reserved bits": {0xc1, 0},
		"a fragment":    {0x01, 0},
		"masked":        {0x81, 0x80, 0, 0, 0, 0},
		"enormous":      {0x81, 127, 0, 0, 1, 0, 0, 0, 0, 0},
	} {
		if _, _, _, err := wire.Cut(b); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
