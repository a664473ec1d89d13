package webrtc

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// pictures are NAL units of many sizes: small ones, exactly one packet, and ones
// that are cut.
func pictures() [][][]byte {
	unit := func(kind byte, size int) []byte {
		u := bytes.Repeat([]byte{0xab}, size)
		u[0] = 0x60 | kind
		for i := 1; i < size; i++ {
			u[i] = byte(i*7 + int(kind))
		}
		return u
	}
	return [][][]byte{
		{unit(unitSPS, 20), unit(unitPPS, 5), unit(unitKey, 9000)},
		{unit(unitSlice, 2)},
		{unit(unitSlice, packetBytes)},
		{unit(unitSlice, packetBytes+1), unit(unitSlice, 2*packetBytes)},
		{unit(unitSlice, 40)},
	}
}

// numbered writes pictures as one track sends them, from a number and a stamp on.
func numbered(number uint16, stamp uint32) []*rtp.Packet {
	var all []*rtp.Packet
	for i, p := range pictures() {
		for _, q := range pack(p, stamp+uint32(i)*3000) {
			q.SequenceNumber = number
			number++
			all = append(all, q)
		}
	}
	return all
}

// feed pushes packets a millisecond apart.
func feed(a *assembler, packets []*rtp.Packet) []moment {
	var out []moment
	now := time.Unix(0, 0)
	for _, p := range packets {
		now = now.Add(time.Millisecond)
		out = append(out, a.push(p.Clone(), now)...)
	}
	return out
}

func TestPicturesSurviveTheirPackets(t *testing.T) {
	for _, number := range []uint16{0, 65530} { // also around the end of the numbers
		got := feed(videoAssembler(), numbered(number, 4294960000)) // and of the stamps
		want := pictures()
		if len(got) != len(want) {
			t.Fatalf("%d pictures of %d", len(got), len(want))
		}
		for i, m := range got {
			all, ok := units(m.data)
			if !ok || m.lost || len(all) != len(want[i]) {
				t.Fatalf("picture %d: %d units, whole %v, lost %v", i, len(all), ok, m.lost)
			}
			for j := range all {
				if !bytes.Equal(all[j], want[i][j]) {
					t.Errorf("picture %d, unit %d differs", i, j)
				}
			}
			if m.stamp != 4294960000+uint32(i)*3000 {
				t.Errorf("picture %d at %d", i, m.stamp)
			}
		}
	}
}

func TestPacketsOutOfOrderAndTwiceAreTheSame(t *testing.T) {
	packets := numbered(65530, 1)
	dice := rand.New(rand.NewPCG(1, 2))
	rest := packets[1:] // the first that comes says where the track begins
	dice.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
	packets = append(packets, packets...)
	got := feed(videoAssembler(), packets)
	if len(got) != len(pictures()) {
		t.Fatalf("%d pictures", len(got))
	}
	for i, m := range got {
		if m.lost {
			t.Errorf("picture %d counts as damaged", i)
		}
	}
}

func TestAPictureWithoutOneOfItsPacketsIsLeftOut(t *testing.T) {
	packets := numbered(10, 0)
	packets = append(packets[:4:4], packets[5:]...) // within the first picture
	a := videoAssembler()
	if got := feed(a, packets); len(got) != 0 {
		t.Fatalf("%d pictures before the missing packet was given up", len(got))
	}
	late := packets[len(packets)-1].Clone()
	late.SequenceNumber++
	late.Timestamp += 3000
	got := a.push(late, time.Unix(0, 0).Add(time.Second))
	if len(got) == 0 || !got[0].lost {
		t.Fatalf("the loss is not told: %+v", got)
	}
	for _, m := range got {
		if all, ok := units(m.data); !ok || unitType(all[0]) == unitKey || unitType(all[0]) == unitSPS {
			t.Errorf("a damaged picture was handed on")
		}
	}
	for _, m := range got[1:] {
		if m.lost {
			t.Error("a loss is told twice")
		}
	}
}

func TestALeapOfTheNumbersBeginsAnew(t *testing.T) {
	a := videoAssembler()
	feed(a, numbered(0, 0))
	got := feed(a, numbered(30000, 900000))
	if len(got) != len(pictures())-1 || !got[0].lost || got[1].lost { // the first may have had a beginning
		t.Errorf("%d pictures after the leap, the first lost %v", len(got), got[0].lost)
	}
}

func TestDamagedLengthsAreRefused(t *testing.T) {
	long := binary.BigEndian.AppendUint32(nil, 5)
	for name, data := range map[string][]byte{
		"nothing": {}, "a stump": {0, 0}, "longer than it is": append(long, 1, 2), "too many": bytes.Repeat([]byte{0, 0, 0, 1, 9}, unitsMax+1),
	} {
		if _, ok := units(data); ok {
			t.Errorf("%s was taken", name)
		}
	}
}

func FuzzAssembler(f *testing.F) {
	f.Add(uint16(0), []byte{0x7c, 0x85, 1}, uint16(1), []byte{0x7c, 0x45, 1})
	f.Add(uint16(65535), []byte{0x78, 0, 9}, uint16(0), []byte{})
	f.Fuzz(func(_ *testing.T, n1 uint16, p1 []byte, n2 uint16, p2 []byte) {
		a := videoAssembler()
		for i, p := range [][]byte{p1, p2, p1} {
			for _, m := range a.push(&rtp.Packet{Header: rtp.Header{SequenceNumber: n1 + uint16(i)*n2, Marker: i == 1}, Payload: p}, time.Unix(int64(i), 0)) {
				units(m.data)
			}
		}
	})
}

// A picture, or a cut unit in many pictures, without an end is given up, and whole
// ones after it are shown.
func TestWhatHasNoEndIsBounded(t *testing.T) {
	for name, head := range map[string][2]byte{"a picture": {0x60 | unitSlice}, "a cut unit": {0x60 | unitFragmented, unitSlice}} {
		t.Run(name, func(t *testing.T) {
			a := videoAssembler()
			held := 0 // since the depacketizer was made anew
			payload := bytes.Repeat([]byte{0xab}, packetBytes)
			copy(payload, head[:])
			var number uint16
			var stamp uint32
			for sent := 0; sent < 5*momentMax/2; sent += len(payload) {
				before := a.depacketizer
				p := &rtp.Packet{Header: rtp.Header{SequenceNumber: number, Timestamp: stamp}, Payload: payload}
				if out := a.push(p, time.Unix(0, 0)); len(out) > 0 {
					t.Fatal("a part of it was handed on")
				}
				if held += len(payload); a.depacketizer != before || a.resync {
					held = 0
				}
				if held > momentMax+packetBytes {
					t.Fatal("more waits than the bound")
				}
				number++
				if head[0]&0x1f == unitFragmented {
					stamp++
				}
			}
			got := feed(a, numbered(number, stamp+3000))
			if len(got) != len(pictures()) || !got[0].lost || got[1].lost {
				t.Errorf("%d pictures came after it", len(got))
			}
		})
	}
}

// Large units that are whole do not count together.
func TestWholeUnitsAreNotCountedTogether(t *testing.T) {
	a := videoAssembler()
	big := bytes.Repeat([]byte{0xab}, 1<<20)
	big[0] = 0x60 | unitSlice
	var number uint16
	for i := range 12 {
		packets := pack([][]byte{big}, uint32(i)*3000)
		for _, p := range packets {
			p.SequenceNumber = number
			number++
		}
		if got := feed(a, packets); len(got) != 1 || got[0].lost || len(got[0].data) != len(big)+4 {
			t.Fatalf("picture %d: %d came", i, len(got))
		}
	}
}
