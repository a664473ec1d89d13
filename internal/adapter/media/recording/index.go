package recording

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/subspace-live/subspace/internal/domain/recording"
)

// indexFile is the list of a recording's segments: a playlist (RFC 8216) to which is
// only added, so that what stands there is true whenever the server dies.
const indexFile = "index.m3u8"

// indexHead begins the file, so that a program that reads playlists reads it too. How
// long segments are is not known yet; players are given a list that says it.
const indexHead = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:10\n#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-INDEPENDENT-SEGMENTS\n"

// precision is how exactly the list says how long a segment is.
const precision = 10 * time.Microsecond

const endTag = "#EXT-X-ENDLIST\n"

// index is what a recording's list says.
type index struct {
	entries []entry
	ended   bool
}

// entry is one segment.
type entry struct {
	name   string
	init   string // the file that its codec parameters stand in
	at     time.Time
	length time.Duration // in units of precision
	cut    bool          // it does not follow the one before
}

// text is what is added to the list for e, which follows an entry with the init file
// before; "" for the first.
func (e entry) text(before string) string {
	var b strings.Builder
	if e.cut && before != "" {
		b.WriteString("#EXT-X-DISCONTINUITY\n")
	}
	if e.init != before || (e.cut && before != "") { // after a discontinuity some players forget it
		fmt.Fprintf(&b, "#EXT-X-MAP:URI=%q\n", e.init)
	}
	fmt.Fprintf(&b, "#EXT-X-PROGRAM-DATE-TIME:%s\n#EXTINF:%.5f,\n%s\n", e.at.UTC().Format("2006-01-02T15:04:05.000Z"), e.length.Seconds(), e.name)
	return b.String()
}

// under is the list under a head: that of the file, or of what players are given.
func (x index) under(head string) string {
	var b strings.Builder
	b.WriteString(head)
	before := ""
	for _, e := range x.entries {
		b.WriteString(e.text(before))
		before = e.init
	}
	if x.ended {
		b.WriteString(endTag)
	}
	return b.String()
}

// readIndex reads a list. What the server was writing when it died is left out.
func readIndex(text []byte) index {
	var x index
	var e entry
	for {
		line, rest, whole := bytes.Cut(text, []byte("\n"))
		if !whole {
			return x
		}
		text = rest
		switch tag, value, _ := strings.Cut(string(line), ":"); {
		case tag == "#EXT-X-DISCONTINUITY":
			e.cut = true
		case tag == "#EXT-X-MAP":
			e.init = strings.Trim(strings.TrimPrefix(value, "URI="), `"`)
		case tag == "#EXT-X-PROGRAM-DATE-TIME":
			e.at, _ = time.Parse(time.RFC3339Nano, value)
		case tag == "#EXTINF":
			seconds, _ := strconv.ParseFloat(strings.TrimSuffix(value, ","), 64)
			e.length = time.Duration(math.Round(seconds*1e5)) * precision
		case tag == "#EXT-X-ENDLIST":
			x.ended = true
		case tag != "" && tag[0] != '#':
			e.name = tag
			if e.init != "" && e.length > 0 && !e.at.IsZero() {
				x.entries = append(x.entries, e)
			}
			e = entry{init: e.init}
		}
	}
}

// slack is by how much a segment may begin elsewhere than the one before ends: what clocks
// and rounding do to it over the hours of a live.
const slack = 250 * time.Millisecond

// stretches is how the domain sees the list.
func (x index) stretches() []recording.Stretch {
	var out []recording.Stretch
	for _, e := range x.entries {
		out = e.follow(out)
	}
	return out
}

// follow is what stretches are with e at their end. It begins another one where time did
// not go on with the pictures: at a cut, and where the encoder paused, which plays on
// without a gap.
func (e entry) follow(stretches []recording.Stretch) []recording.Stretch {
	last := len(stretches) - 1
	if last < 0 {
		return append(stretches, recording.Stretch{At: e.at, Length: e.length})
	}
	before := stretches[last]
	if apart := e.at.Sub(before.At.Add(before.Length)).Abs(); e.cut || apart > slack {
		return append(stretches, recording.Stretch{At: e.at, Begins: before.Begins + before.Length, Length: e.length})
	}
	stretches[last].Length += e.length
	return stretches
}

// playlist is the list as players are given it. While the live goes on, players may ask
// again for more.
func (x index) playlist() string {
	longest := time.Second
	for _, e := range x.entries {
		longest = max(longest, e.length)
	}
	kind := "EVENT"
	if x.ended {
		kind = "VOD"
	}
	// RFC 8216, section 4.3.3.1: no segment is longer when rounded to whole seconds.
	return x.under(fmt.Sprintf("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:%s\n#EXT-X-INDEPENDENT-SEGMENTS\n",
		int(math.Round(longest.Seconds())), kind))
}
