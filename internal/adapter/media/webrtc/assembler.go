package webrtc

import (
	"encoding/binary"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
)

// Limits of what waits for a packet that is late: how many packets behind it may
// have come, and for how long. Whoever lost one is asked for it again meanwhile.
const (
	lateWindow = 512
	lateWait   = 250 * time.Millisecond
)

// momentMax bounds the bytes of one picture: whoever sends none of its ends would
// have it grow for ever.
const momentMax = 8 << 20

// moment is one picture, or one stretch of sound, as it was sent.
type moment struct {
	stamp   uint32    // of its clock
	arrived time.Time // its last packet
	data    []byte    // whole
	lost    bool      // something before it did not arrive
}

// assembler puts the packets of one track in order and joins those of one moment.
type assembler struct {
	shape func() rtp.Depacketizer // a fresh one, that has seen no packet
	alone bool                    // each packet is a moment of its own

	depacketizer rtp.Depacketizer

	begun   bool
	next    uint16 // the number of the packet that comes next
	waiting [lateWindow]*held
	stored  int
	open    *moment // whose last packet has not come
	cut     int     // bytes of the cut unit that the depacketizer holds, whose end has not come
	lost    bool    // since the last one that was handed on
	resync  bool    // what comes may be the rest of a moment whose beginning is lost
	rest    *uint32 // the stamp of that rest, once it is known
}

func videoAssembler() *assembler {
	return &assembler{shape: func() rtp.Depacketizer { return &codecs.H264Packet{IsAVC: true} }}
}

func soundAssembler() *assembler {
	return &assembler{alone: true, shape: func() rtp.Depacketizer { return &codecs.OpusPacket{} }}
}

type held struct {
	packet  *rtp.Packet
	arrived time.Time
}

// push takes a packet and returns what is whole with it.
func (a *assembler) push(p *rtp.Packet, now time.Time) []moment {
	if !a.begun {
		a.begun, a.next, a.depacketizer = true, p.SequenceNumber, a.shape()
	}
	switch ahead := int16(p.SequenceNumber - a.next); {
	case ahead < 0:
		return nil // twice, or too late
	case ahead >= lateWindow:
		a.restart(p.SequenceNumber)
	}
	slot := &a.waiting[p.SequenceNumber%lateWindow]
	if *slot == nil {
		a.stored++
	}
	*slot = &held{p, now}
	var out []moment
	for a.stored > 0 {
		h := a.waiting[a.next%lateWindow]
		if h == nil {
			if !a.overdue(now) {
				break
			}
			a.miss()
			a.next++
			continue
		}
		a.waiting[a.next%lateWindow] = nil
		a.stored--
		a.next++
		out = a.join(out, h)
	}
	return out
}

// restart forgets what waits: the numbers jumped.
func (a *assembler) restart(next uint16) {
	clear(a.waiting[:])
	a.stored, a.next = 0, next
	a.miss()
}

// miss gives up what was begun: a packet is missing.
func (a *assembler) miss() {
	a.open, a.cut, a.lost, a.depacketizer = nil, 0, true, a.shape()
	a.resync, a.rest = !a.alone, nil
}

// skip reports whether a packet may belong to a moment whose beginning is lost.
func (a *assembler) skip(p *rtp.Packet) bool {
	if !a.resync {
		return false
	}
	if a.rest != nil && *a.rest != p.Timestamp {
		a.resync = false
		return false
	}
	a.rest = &p.Timestamp
	a.resync = !p.Marker
	return true
}

// overdue reports whether the missing packet is not waited for any longer.
func (a *assembler) overdue(now time.Time) bool {
	if a.stored > lateWindow/2 {
		return true
	}
	for i := range uint16(lateWindow) {
		if h := a.waiting[(a.next+i)%lateWindow]; h != nil {
			return now.Sub(h.arrived) > lateWait
		}
	}
	return false
}

// join adds a packet to its moment, and hands that on when it is the last one.
func (a *assembler) join(out []moment, h *held) []moment {
	p := h.packet
	if a.skip(p) {
		return out
	}
	if a.open != nil && a.open.stamp != p.Timestamp { // its mark did not come
		out = a.hand(out)
	}
	if !a.alone && len(p.Payload) > 0 && unitType(p.Payload) == unitFragmented {
		a.cut += len(p.Payload)
	}
	if a.cut > momentMax {
		a.miss()
		return out
	}
	data, err := a.depacketizer.Unmarshal(p.Payload)
	if err != nil {
		if len(p.Payload) > 0 { // an empty one fills the line
			a.miss()
		}
		return out
	}
	if a.open == nil {
		a.open = &moment{stamp: p.Timestamp}
	}
	if len(a.open.data)+len(data) > momentMax {
		a.miss()
		return out
	}
	if len(data) > 0 && unitType(p.Payload) == unitFragmented {
		a.cut = 0
	}
	a.open.arrived = h.arrived
	a.open.data = append(a.open.data, data...)
	if a.alone || p.Marker {
		out = a.hand(out)
	}
	return out
}

func (a *assembler) hand(out []moment) []moment {
	whole := *a.open
	a.open = nil
	if len(whole.data) == 0 {
		return out
	}
	whole.lost, a.lost = a.lost, false
	return append(out, whole)
}

// unitsMax bounds the NAL units of one picture.
const unitsMax = 128

// units cuts a picture of NAL units that each follow their length; false when it
// is damaged.
func units(data []byte) ([][]byte, bool) {
	var out [][]byte
	for len(data) > 0 {
		if len(data) < 4 || len(out) == unitsMax {
			return nil, false
		}
		size := binary.BigEndian.Uint32(data)
		data = data[4:]
		if uint64(size) > uint64(len(data)) {
			return nil, false
		}
		if size > 0 {
			out = append(out, data[:size:size])
		}
		data = data[size:]
	}
	return out, len(out) > 0
}
