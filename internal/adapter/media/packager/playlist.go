package packager

import (
	"fmt"
	"strconv"
	"time"
)

// ListName is the name of the media playlist, as the main one gives it.
const ListName = "stream.m3u8"

// gapName is where segments that hold nothing would be.
const gapName = "gap.mp4"

// partsListed is how many closed segments are listed with their parts.
const partsListed = 2

// mediaPlaylist writes the list of what there is (RFC 8216bis).
func (p *Packager) mediaPlaylist() []byte {
	listed := p.closed[max(0, len(p.closed)-segmentsListed):]
	before := p.dropped
	for _, s := range p.closed[:len(p.closed)-len(listed)] {
		if s.discontinuity {
			before++
		}
	}
	b := make([]byte, 0, 4<<10)
	b = append(b, "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:"...)
	b = strconv.AppendInt(b, int64(p.seconds), 10)
	b = append(b, "\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,HOLD-BACK="...)
	b = appendSeconds(b, time.Duration(3*p.seconds)*time.Second, 1)
	b = append(b, ",PART-HOLD-BACK="...)
	b = appendSeconds(b, p.holdBack(), 3)
	b = append(b, "\n#EXT-X-PART-INF:PART-TARGET="...)
	b = appendSeconds(b, p.target, 3)
	b = append(b, "\n#EXT-X-MEDIA-SEQUENCE:"...)
	b = strconv.AppendInt(b, listed[0].sequence, 10)
	if before > 0 {
		b = append(b, "\n#EXT-X-DISCONTINUITY-SEQUENCE:"...)
		b = strconv.AppendInt(b, before, 10)
	}
	b = append(b, '\n')
	var init *Init
	for i, s := range listed {
		b, init = p.appendHead(b, s, init)
		if s.gap {
			b = append(b, "#EXT-X-GAP\n"...)
		}
		if len(listed)-i <= partsListed {
			b = p.appendParts(b, s)
		}
		b = append(b, "#EXTINF:"...)
		b = appendSeconds(b, s.duration, 5)
		b = append(b, ",\n"...)
		if s.gap {
			b = append(b, gapName...)
		} else {
			b = append(b, p.segmentName(s)...)
		}
		b = append(b, '\n')
	}
	if s := p.segment; s != nil && len(s.parts) > 0 {
		b, _ = p.appendHead(b, s, init)
		b = p.appendParts(b, s)
	}
	// Without a hint hls.js asks again and again.
	b = append(b, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\""...)
	b = append(b, p.partName(p.number)...)
	return append(b, "\"\n"...)
}

// appendHead writes what stands before a segment's parts.
func (p *Packager) appendHead(b []byte, s *segment, init *Init) ([]byte, *Init) {
	if s.discontinuity {
		b = append(b, "#EXT-X-DISCONTINUITY\n"...)
	}
	if s.init != init {
		b = append(b, "#EXT-X-MAP:URI=\""...)
		b = append(b, s.init.Name...)
		b = append(b, "\"\n"...)
	}
	if !s.gap {
		b = append(b, "#EXT-X-PROGRAM-DATE-TIME:"...)
		b = s.when.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z\n")
	}
	return b, s.init
}

func (p *Packager) appendParts(b []byte, s *segment) []byte {
	for _, part := range s.parts {
		b = append(b, "#EXT-X-PART:DURATION="...)
		b = appendSeconds(b, part.duration, 5)
		b = append(b, ",URI=\""...)
		b = append(b, p.partName(part.number)...)
		b = append(b, '"')
		if part.independent {
			b = append(b, ",INDEPENDENT=YES"...)
		}
		b = append(b, '\n')
	}
	return b
}

// holdBack is how far from the end players stay. Two and a half parts were enough
// for hls.js; pictures that are decoded before they are shown need more.
func (p *Packager) holdBack() time.Duration {
	if p.reordered > 0 {
		return 3*p.target + min(p.reordered, time.Second)
	}
	return p.target * 5 / 2
}

// mainPlaylist writes the list of lists, of which there is one.
func (p *Packager) mainPlaylist() []byte {
	var most, bits, length float64
	var rate float64
	for _, s := range p.closed {
		if s.gap || s.duration <= 0 {
			continue
		}
		size, seconds := float64(8*s.size), s.duration.Seconds()
		most, bits, length = max(most, size/seconds), bits+size, length+seconds
		rate = float64(s.pictures) / seconds
	}
	b := []byte("#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-INDEPENDENT-SEGMENTS\n")
	b = fmt.Appendf(b, "#EXT-X-STREAM-INF:BANDWIDTH=%.0f,AVERAGE-BANDWIDTH=%.0f,CODECS=\"%s\"", most, bits/length, Codecs(p.format))
	if width, height, err := p.format.Size(); err == nil && width > 0 {
		b = fmt.Appendf(b, ",RESOLUTION=%dx%d,FRAME-RATE=%.3f", width, height, rate)
	}
	return append(b, "\n"+ListName+"\n"...)
}

func appendSeconds(b []byte, d time.Duration, digits int) []byte {
	return strconv.AppendFloat(b, d.Seconds(), 'f', digits, 64)
}
