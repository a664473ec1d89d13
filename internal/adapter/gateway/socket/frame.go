package socket

import (
	"encoding/binary"
	"errors"
)

// Opcode says what a frame is (RFC 6455, 5.2).
type Opcode byte

// The opcodes there are.
const (
	opContinuation Opcode = 0
	opText         Opcode = 1
	opBinary       Opcode = 2
	opClose        Opcode = 8
	opPing         Opcode = 9
	opPong         Opcode = 10
)

func (o Opcode) control() bool { return o >= opClose }

// The bits of a frame's first two bytes (RFC 6455, 5.2).
const (
	bitFin        = 0x80
	bitCompressed = 0x40 // RSV1: RFC 7692, 6
	bitsReserved  = 0x30
	bitMask       = 0x80
	controlMax    = 125
)

// frame is one whole frame from a client, unmasked.
type frame struct {
	op         Opcode
	fin        bool
	compressed bool
	payload    []byte // points into what was read
}

var (
	errProtocol = errors.New("not a frame that a client may send")
	errTooLarge = errors.New("a frame over the limit")
)

// parse reads the first frame of b and unmasks it in place. n is how many bytes
// it took; 0 means that more are needed. It asks for no more than the header to
// refuse: what is announced too large is never waited for.
func parse(b []byte, limit int) (f frame, n int, err error) {
	if len(b) < 2 {
		return f, 0, nil
	}
	f = frame{op: Opcode(b[0] & 0x0f), fin: b[0]&bitFin != 0, compressed: b[0]&bitCompressed != 0}
	size, at := int(b[1]&^bitMask), 2
	switch {
	case b[0]&bitsReserved != 0, b[1]&bitMask == 0, f.op > opBinary && f.op < opClose, f.op > opPong,
		f.op.control() && (!f.fin || f.compressed || size > controlMax):
		return f, 0, errProtocol
	case size == 126:
		if len(b) < 4 {
			return f, 0, nil
		}
		size, at = int(binary.BigEndian.Uint16(b[2:])), 4
	case size == 127:
		if len(b) < 10 {
			return f, 0, nil
		}
		wide := binary.BigEndian.Uint64(b[2:])
		if wide > uint64(limit) {
			return f, 0, errTooLarge
		}
		size, at = int(wide), 10
	}
	if size > limit {
		return f, 0, errTooLarge
	}
	if len(b) < at+4+size {
		return f, 0, nil
	}
	f.payload = b[at+4 : at+4+size]
	unmask(f.payload, [4]byte(b[at:]))
	return f, at + 4 + size, nil
}

// unmask takes the mask off (RFC 6455, 5.3).
func unmask(b []byte, key [4]byte) {
	word := uint64(binary.LittleEndian.Uint32(key[:]))
	word |= word << 32
	i := 0
	for ; i+8 <= len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], binary.LittleEndian.Uint64(b[i:])^word)
	}
	for ; i < len(b); i++ {
		b[i] ^= key[i&3]
	}
}

// appendHeader begins a frame of the server's: final and not masked.
func appendHeader(b []byte, op Opcode, compressed bool, size int) []byte {
	first := bitFin | byte(op)
	if compressed {
		first |= bitCompressed
	}
	switch {
	case size <= 125:
		return append(b, first, byte(size))
	case size <= 0xffff:
		return append(b, first, 126, byte(size>>8), byte(size))
	}
	return binary.BigEndian.AppendUint64(append(b, first, 127), uint64(size))
}

// Text returns a whole text frame that holds message.
func Text(message []byte) []byte {
	b := make([]byte, 0, len(message)+10)
	return append(appendHeader(b, opText, false, len(message)), message...)
}

// AppendTextHeader begins a text frame of so many bytes.
func AppendTextHeader(b []byte, size int) []byte { return appendHeader(b, opText, false, size) }

// closing returns a close frame; a reason is cut to what fits (RFC 6455, 5.5.1).
func closing(code Code, reason string) []byte {
	if len(reason) > controlMax-2 {
		reason = reason[:controlMax-2]
	}
	b := appendHeader(make([]byte, 0, 4+len(reason)), opClose, false, 2+len(reason))
	return append(append(b, byte(code>>8), byte(code)), reason...)
}

// measure returns how long the payload and the header of a frame of ours are.
func measure(b []byte) (size, header int) {
	switch b[1] {
	case 126:
		return int(binary.BigEndian.Uint16(b[2:])), 4
	case 127:
		return int(binary.BigEndian.Uint64(b[2:])), 10
	}
	return int(b[1]), 2
}
