package webrtc

import "github.com/pion/rtp"

// packetBytes is the most that one packet carries: what passes any path, tunnels
// included, without being cut.
const packetBytes = 1188

// Types of NAL units.
const (
	unitSlice      = 1
	unitKey        = 5
	unitSPS        = 7
	unitPPS        = 8
	unitDelimiter  = 9
	unitFragmented = 28
)

func unitType(u []byte) byte { return u[0] & 0x1f }

// pack writes the NAL units of one picture as packets (RFC 6184, mode 1). Numbers
// are each viewer's own.
func pack(units [][]byte, stamp uint32) []*rtp.Packet {
	var out []*rtp.Packet
	add := func(payload []byte) {
		out = append(out, &rtp.Packet{Header: rtp.Header{Version: 2, Timestamp: stamp}, Payload: payload})
	}
	for _, u := range units {
		if len(u) <= packetBytes {
			add(u)
			continue
		}
		head, body := u[0], u[1:]
		for first := true; len(body) > 0; first = false {
			n := min(len(body), packetBytes-2)
			mark := head & 0x1f
			if first {
				mark |= 0x80
			}
			if n == len(body) {
				mark |= 0x40
			}
			add(append([]byte{head&0xe0 | unitFragmented, mark}, body[:n]...))
			body = body[n:]
		}
	}
	if len(out) > 0 {
		out[len(out)-1].Marker = true
	}
	return out
}
