// Package wire reads and writes WebSocket frames (RFC 6455), as a client does.
//
// Owns: the header of a frame, masking, the opening request. Promises: Cut never
// hands out half a frame and never reads beyond what it was given; what it
// cannot be is an error, so that a server which sends nonsense is noticed.
// Does not do: sockets, compression, or joining fragments, which no server here
// sends.
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The opcodes a client meets.
const (
	Text  = 0x1
	Close = 0x8
	Ping  = 0x9
	Pong  = 0xa
)

// payloadMax is more than any server here has reason to send in one frame.
const payloadMax = 4 << 20

// ErrMalformed says that a server sent what is no frame.
var ErrMalformed = errors.New("malformed frame")

// Frame is one whole frame. Payload lies in the bytes it was cut from.
type Frame struct {
	Op      byte
	Payload []byte
}

// Cut takes the first frame off b. ok is false when b does not hold all of it.
func Cut(b []byte) (f Frame, rest []byte, ok bool, err error) {
	if len(b) < 2 {
		return f, b, false, nil
	}
	if b[0]&0xf0 != 0x80 || b[1]&0x80 != 0 {
		return f, b, false, fmt.Errorf("%w: header %02x %02x", ErrMalformed, b[0], b[1])
	}
	size, head := uint64(b[1]), 2
	switch {
	case size == 126 && len(b) >= 4:
		size, head = uint64(binary.BigEndian.Uint16(b[2:])), 4
	case size == 127 && len(b) >= 10:
		size, head = binary.BigEndian.Uint64(b[2:]), 10
	case size >= 126:
		return f, b, false, nil
	}
	if size > payloadMax {
		return f, b, false, fmt.Errorf("%w: %d bytes", ErrMalformed, size)
	}
	end := head + int(size)
	if len(b) < end {
		return f, b, false, nil
	}
	return Frame{Op: b[0] & 0xf, Payload: b[head:end]}, b[end:], true, nil
}

// Masked appends a client's frame. The key is fixed: masking is there to protect
// proxies from pages, and there are neither here.
func Masked(dst []byte, op byte, payload []byte) []byte {
	key := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	dst = append(dst, 0x80|op)
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, 0x80|byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, 0x80|126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, 0x80|127), uint64(n))
	}
	dst = append(dst, key[:]...)
	for i, c := range payload {
		dst = append(dst, c^key[i&3])
	}
	return dst
}

// Plain appends a server's frame.
func Plain(dst []byte, op byte, payload []byte) []byte {
	dst = append(dst, 0x80|op)
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, 126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, 127), uint64(n))
	}
	return append(dst, payload...)
}

// Upgrade returns the request that opens a socket. more are header lines, each
// with its line end.
func Upgrade(host, path, more string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n" +
		"Accept-Language: en-GB,en;q=0.7,de;q=0.3\r\n" + more + "\r\n")
}
