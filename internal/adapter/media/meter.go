package media

import (
	"sync"
	"time"
)

// meterSeconds is over how many whole seconds of media the bitrate is taken.
const meterSeconds = 5

// meter watches the frames of one encoder. It measures by the encoder's times,
// so that a burst after a pause does not look like a high bitrate.
type meter struct {
	mu        sync.Mutex
	format    Format                  // as the newest parameters say
	bytes     [meterSeconds + 1]int64 // by second of media, modulo
	second    int64
	seconds   int64 // how many were seen, the running one included
	lastKey   time.Duration
	keyframes float64
	keySeen   bool
	latest    time.Duration
	highest   time.Duration
	reordered bool
}

func (m *meter) video(f Frame) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.count(f)
	if f.PTS < m.highest {
		m.reordered = true
	}
	m.highest = max(m.highest, f.PTS)
	m.latest = f.DTS
	m.format = m.format.Renewed(f.Units)
	if !m.format.Keyframe(f.Units) {
		return
	}
	if m.keySeen {
		m.keyframes = (f.DTS - m.lastKey).Seconds()
	}
	m.keySeen, m.lastKey = true, f.DTS
}

func (m *meter) audio(f Frame) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.count(f)
}

func (m *meter) count(f Frame) {
	now := int64(f.DTS / time.Second)
	if now < 0 {
		return
	}
	if m.seconds == 0 {
		m.second, m.seconds = now, 1
	}
	for m.second < now {
		m.second = max(m.second+1, now-meterSeconds)
		m.bytes[m.second%int64(len(m.bytes))] = 0
		m.seconds++
	}
	if now < m.second-meterSeconds {
		return
	}
	for _, u := range f.Units {
		m.bytes[now%int64(len(m.bytes))] += int64(len(u))
	}
}

// read fills in what has been measured.
func (m *meter) read(h *Health) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h.Video, h.Audio = m.format.VideoName(), m.format.AudioName()
	h.Width, h.Height, _ = m.format.Size() // checked when the encoder was let in
	// A keyframe that does not come is as bad as one that comes late.
	h.KeyframeSeconds, h.BFrames = m.keyframes, m.reordered
	if m.keySeen {
		h.KeyframeSeconds = max(m.keyframes, (m.latest - m.lastKey).Seconds())
	}
	whole := min(m.seconds-1, meterSeconds) // the first second seen may be cut, the last one is still filling
	if whole < 1 {
		return
	}
	var sum int64
	for i := range whole {
		sum += m.bytes[(m.second-1-i)%int64(len(m.bytes))]
	}
	h.BitrateKbps = int(sum * 8 / 1000 / whole)
}
