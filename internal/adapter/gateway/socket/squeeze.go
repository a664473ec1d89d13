package socket

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"strings"
)

// deflateAnswer is the only way we speak permessage-deflate (RFC 7692): each
// message on its own, so that one compressed message serves a whole audience.
const deflateAnswer = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"

// offersDeflate reports whether one of the client's offers can be answered with
// deflateAnswer (RFC 7692, 7.1).
func offersDeflate(header []string) bool {
	for _, line := range header {
		for offer := range strings.SplitSeq(line, ",") {
			if acceptable(offer) {
				return true
			}
		}
	}
	return false
}

func acceptable(offer string) bool {
	name, params, _ := strings.Cut(offer, ";")
	if strings.TrimSpace(name) != "permessage-deflate" {
		return false
	}
	for param := range strings.SplitSeq(params, ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		switch key {
		case "", "server_no_context_takeover", "client_no_context_takeover", "client_max_window_bits":
		case "server_max_window_bits":
			if strings.Trim(value, `"`) != "15" { // our window has one size
				return false
			}
		default:
			return false
		}
	}
	return true
}

// squeezeFrom is the size below which compressing gains nothing.
const squeezeFrom = 128

// Squeeze returns message as a compressed text frame, and nil when a plain one
// is as good. Whoever Squeezes may be sent it.
func (l *Loops) Squeeze(message []byte) []byte {
	if len(message) < squeezeFrom {
		return nil
	}
	var out bytes.Buffer
	out.Grow(len(message))
	press, ok := l.press.Get().(*flate.Writer)
	if !ok {
		press, _ = flate.NewWriter(nil, flate.BestSpeed) // the level is a valid one
	}
	defer l.press.Put(press)
	press.Reset(&out)
	if _, err := press.Write(message); err != nil {
		return nil
	}
	if err := press.Flush(); err != nil {
		return nil
	}
	packed := bytes.TrimSuffix(out.Bytes(), []byte(flushed)) // RFC 7692, 7.2.1
	if len(packed) >= len(message) {
		return nil
	}
	b := make([]byte, 0, len(packed)+10)
	return append(appendHeader(b, opText, true, len(packed)), packed...)
}

// What a flush of deflate ends in, and an empty last block.
const (
	flushed = "\x00\x00\xff\xff"
	ended   = "\x01\x00\x00\xff\xff"
)

// unpacker inflates what clients of one loop send.
type unpacker struct {
	reader io.ReadCloser
	out    []byte
}

// inflate returns a message that was compressed on its own. What it would be
// larger than a message may be is not inflated.
func (l *Loop) inflate(packed []byte) ([]byte, error) {
	u := &l.unpack
	in := io.MultiReader(bytes.NewReader(packed), strings.NewReader(flushed+ended))
	if u.reader == nil {
		u.reader = flate.NewReader(in)
		u.out = make([]byte, l.opt.MessageMax+1)
	} else if err := u.reader.(flate.Resetter).Reset(in, nil); err != nil {
		return nil, errProtocol
	}
	n, err := io.ReadFull(u.reader, u.out)
	switch {
	case err == nil:
		return nil, errTooLarge
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return u.out[:n], nil
	}
	return nil, errProtocol
}
