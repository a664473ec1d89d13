// Package picture makes what people upload as a picture harmless.
//
// Owns: which formats and measures are read, and how they are drawn anew.
// Promises: the measures are read before any pixel is, and few are drawn at once,
// so that memory is bounded; what comes out is drawn anew, so that nothing but the
// picture is left of a file: no place, no camera, no second file behind the first.
// Does not do: deciding who may upload, keeping.
package picture

import (
	"bytes"
	"context"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// The widest and highest picture that is read: with 8 bytes for a pixel, the most
// a format has, 32 MiB while it is drawn.
const sideMax = 2048

// Painter draws pictures anew.
type Painter struct{ turns chan struct{} }

// NewPainter returns one that draws at most so many at once; others wait.
func NewPainter(atOnce int) *Painter { return &Painter{make(chan struct{}, atOnce)} }

// Square returns a PNG of side by side pixels that shows the whole of an upload in
// its middle, what is beside it transparent. Of what moves it shows the first
// frame. It waits for its turn no longer than ctx. Refusals: picture_invalid,
// picture_too_large.
func (p *Painter) Square(ctx context.Context, upload []byte, side int) ([]byte, error) {
	select {
	case p.turns <- struct{}{}:
		defer func() { <-p.turns }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return square(upload, side)
}

func square(upload []byte, side int) ([]byte, error) {
	f, known := formats()[http.DetectContentType(upload)]
	if !known {
		return nil, errInvalid()
	}
	size, err := f.measure(bytes.NewReader(upload))
	switch {
	case err != nil || size.Width < 1 || size.Height < 1:
		return nil, errInvalid()
	case size.Width > sideMax || size.Height > sideMax:
		return nil, fault.New(fault.Invalid, "picture_too_large", "A picture is at most %d pixels wide and high; this one is %d × %d.", sideMax, size.Width, size.Height)
	}
	from, err := f.decode(bytes.NewReader(upload))
	if err != nil {
		return nil, errInvalid()
	}
	to := image.NewNRGBA(image.Rect(0, 0, side, side))
	draw.CatmullRom.Scale(to, within(size, side), from, from.Bounds(), draw.Src, nil)
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, to); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func errInvalid() error {
	return fault.New(fault.Invalid, "picture_invalid", "This is no picture that can be read. PNG, JPEG, GIF and WebP can.")
}

// within is where a picture of a size lies in a square.
func within(size image.Config, side int) image.Rectangle {
	w, h := side, side
	if size.Width > size.Height {
		h = max(1, side*size.Height/size.Width)
	} else {
		w = max(1, side*size.Width/size.Height)
	}
	at := image.Pt((side-w)/2, (side-h)/2)
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}
}

// format is how pictures of one kind are read.
type format struct {
	measure func(io.Reader) (image.Config, error)
	decode  func(io.Reader) (image.Image, error)
}

// formats are the kinds that are read, by what their first bytes say.
func formats() map[string]format {
	return map[string]format{
		"image/png":  {png.DecodeConfig, png.Decode},
		"image/jpeg": {jpeg.DecodeConfig, jpeg.Decode},
		"image/gif":  {gif.DecodeConfig, gif.Decode},
		"image/webp": {measureWebP, webp.Decode},
	}
}
