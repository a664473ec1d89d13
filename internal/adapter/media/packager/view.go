package packager

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/media"
)

// view is what readers see between two changes. It does not change.
type view struct {
	list     []byte // the media playlist; nil before the first segment is closed
	main     []byte
	segments []*segment // closed, the spare ones too
	parts    []*part    // without a hole in their numbers, those of the open segment at the end
	inits    []*Init
	sequence int64 // of the open segment
	count    int   // its parts
	next     int64 // the number of the part to come
	format   media.Format
	over     bool
	replaced chan struct{} // closed when another view takes over
}

// publish makes what was written since the last time visible.
func (p *Packager) publish() {
	if !p.unpublished || len(p.closed) == 0 {
		return
	}
	p.unpublished = false
	v := &view{segments: slices.Clone(p.closed), sequence: p.sequence, next: p.number, format: p.format}
	for _, s := range v.segments {
		v.parts = append(v.parts, s.parts...)
		if s.init != nil && !slices.Contains(v.inits, s.init) {
			v.inits = append(v.inits, s.init)
		}
	}
	if s := p.segment; s != nil {
		v.sequence, v.count = s.sequence, len(s.parts)
		v.parts = append(v.parts, s.parts...)
		if !slices.Contains(v.inits, s.init) {
			v.inits = append(v.inits, s.init)
		}
	}
	v.list, v.main = p.mediaPlaylist(), p.mainPlaylist()
	p.replace(v)
}

func (p *Packager) replace(v *view) {
	v.replaced = make(chan struct{})
	old := p.view.Swap(v)
	close(old.replaced)
}

// has reports whether the list goes up to a part of a segment. A part that a
// closed segment does not have is the first of the next (RFC 8216bis, 6.2.5.2).
func (v *view) has(sequence int64, part int) bool {
	if v.list == nil {
		return false
	}
	if part >= 0 && sequence+1 == v.sequence && len(v.segments) > 0 {
		if last := v.segments[len(v.segments)-1]; last.sequence == sequence && part >= len(last.parts) {
			return v.count > 0
		}
	}
	return sequence < v.sequence || sequence == v.sequence && part >= 0 && part < v.count
}

// await waits for a view that is ready until limit has passed or the reader is
// gone, and returns the newest one.
func (p *Packager) await(ctx context.Context, limit time.Duration, ready func(*view) bool) (*view, bool) {
	v := p.view.Load()
	if ready(v) || v.over {
		return v, !v.over
	}
	t := time.NewTimer(limit)
	defer t.Stop()
	for {
		select {
		case <-v.replaced:
			if v = p.view.Load(); ready(v) || v.over {
				return v, !v.over
			}
		case <-ctx.Done():
			return v, false
		case <-t.C:
			return v, false
		}
	}
}

// Main returns the playlist of playlists, held back until there is something to
// play. It is nil when there is nothing within limit.
func (p *Packager) Main(ctx context.Context, limit time.Duration) []byte {
	v, _ := p.await(ctx, limit, func(v *view) bool { return v.main != nil })
	return v.main
}

// List returns the media playlist as it is. It is nil when there is nothing to
// play within limit.
func (p *Packager) List(ctx context.Context, limit time.Duration) []byte {
	v, _ := p.await(ctx, limit, func(v *view) bool { return v.list != nil })
	return v.list
}

// ListWith returns the media playlist, held back until it goes up to a part of a
// segment; part -1 is its end. After limit it is the newest there is; nil when
// there is none.
func (p *Packager) ListWith(ctx context.Context, limit time.Duration, sequence int64, part int) []byte {
	v, _ := p.await(ctx, limit, func(v *view) bool { return v.has(sequence, part) })
	return v.list
}

// Format is what is sent; nothing before Begin.
func (p *Packager) Format() media.Format { return p.view.Load().format }

// Over reports whether the broadcast was closed.
func (p *Packager) Over() bool { return p.view.Load().over }

// File is a file of a broadcast. Its bytes are shared: do not change them.
type File struct {
	Type   string
	Pieces [][]byte
}

// Find returns a file by its name; found is false for one that is not kept, or
// not any more. The part to come is waited for, and late when it does not come
// within limit.
func (p *Packager) Find(ctx context.Context, limit time.Duration, name string) (f File, found, late bool) {
	rest, ours := strings.CutPrefix(name, p.config.Name)
	kind, number, ok := readName(rest)
	if !ours || !ok {
		return File{}, false, false
	}
	v := p.view.Load()
	if kind == kindPart && number == v.next && !v.over {
		newest, ok := p.await(ctx, limit, func(v *view) bool { return v.next > number })
		if !ok {
			return File{}, false, true
		}
		v = newest
	}
	pieces := v.pieces(kind, number)
	return File{Type: v.kind(), Pieces: pieces}, len(pieces) > 0, false
}

func (v *view) kind() string {
	if v.format.Video == nil {
		return "audio/mp4"
	}
	return "video/mp4"
}

func (v *view) pieces(kind string, number int64) [][]byte {
	switch kind {
	case kindPart:
		if len(v.parts) == 0 {
			return nil
		}
		if i := number - v.parts[0].number; i >= 0 && i < int64(len(v.parts)) {
			return [][]byte{v.parts[i].body}
		}
	case kindSegment:
		for _, s := range v.segments {
			if s.sequence != number {
				continue
			}
			out := make([][]byte, 0, len(s.parts))
			for _, part := range s.parts {
				out = append(out, part.body)
			}
			return out
		}
	case kindInit:
		for _, init := range v.inits {
			if strings.HasSuffix(init.Name, kindInit+strconv.FormatInt(number, 10)+extension) {
				return [][]byte{init.Bytes}
			}
		}
	}
	return nil
}

// Names of files: what the packager's begin with, a kind, a number.
const (
	kindPart    = "_part"
	kindSegment = "_seg"
	kindInit    = "_init"
	extension   = ".mp4"
)

func (p *Packager) partName(number int64) string { return p.name(kindPart, number) }

func (p *Packager) segmentName(s *segment) string { return p.name(kindSegment, s.sequence) }

func (p *Packager) initName(number int) string { return p.name(kindInit, int64(number)) }

func (p *Packager) name(kind string, number int64) string {
	return p.config.Name + kind + strconv.FormatInt(number, 10) + extension
}

func readName(rest string) (kind string, number int64, ok bool) {
	rest, ok = strings.CutSuffix(rest, extension)
	for _, kind := range []string{kindPart, kindSegment, kindInit} {
		digits, is := strings.CutPrefix(rest, kind)
		if !is || !ok {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		return kind, n, err == nil && n >= 0
	}
	return "", 0, false
}
