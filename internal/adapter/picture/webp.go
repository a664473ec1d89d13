package picture

import (
	"errors"
	"image"
	"io"

	"golang.org/x/image/riff"
	"golang.org/x/image/vp8"
	"golang.org/x/image/vp8l"
)

// measureWebP returns the largest measures that a WebP file states. It states them
// twice: of its canvas, and of the picture within, and a reader makes room for
// either (WebP Container Specification, "Extended File Format").
func measureWebP(r io.Reader) (image.Config, error) {
	var size image.Config
	form, chunks, err := riff.NewReader(r)
	if err != nil || form != (riff.FourCC{'W', 'E', 'B', 'P'}) {
		return size, errors.Join(err, errors.New("no WebP"))
	}
	grow := func(w, h int) { size.Width, size.Height = max(size.Width, w), max(size.Height, h) }
	for {
		id, n, data, err := chunks.Next()
		if err != nil {
			return size, err
		}
		switch string(id[:]) {
		case "VP8X":
			var head [10]byte
			if _, err := io.ReadFull(data, head[:]); err != nil {
				return size, err
			}
			side := func(b []byte) int { return 1 + int(b[0]) + int(b[1])<<8 + int(b[2])<<16 }
			grow(side(head[4:]), side(head[7:]))
		case "VP8 ":
			d := vp8.NewDecoder()
			d.Init(data, int(n))
			head, err := d.DecodeFrameHeader()
			grow(head.Width, head.Height)
			return size, err
		case "VP8L":
			c, err := vp8l.DecodeConfig(data)
			grow(c.Width, c.Height)
			return size, err
		}
	}
}
