package picture

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"net/http"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// The measures of a photo that is read: with the most bytes a format has for a pixel
// it takes 128 MiB while it is drawn.
const (
	photoSideMax = 12_000
	photoBytes   = 128 << 20
)

// Photo is a picture as it is kept: a JPEG without anything but its pixels.
type Photo struct {
	JPEG          []byte
	Width, Height int
}

// Photo draws an upload anew, upright and at most side pixels wide and high; what is
// transparent becomes white. It waits for its turn no longer than ctx. Refusals:
// photo_invalid, photo_too_large, picture_animated.
func (p *Painter) Photo(ctx context.Context, upload []byte, side int) (Photo, error) {
	select {
	case p.turns <- struct{}{}:
		defer func() { <-p.turns }()
	case <-ctx.Done():
		return Photo{}, ctx.Err()
	}
	return photo(upload, side)
}

func photo(upload []byte, side int) (Photo, error) {
	kind := http.DetectContentType(upload)
	perPixel := map[string]int{"image/jpeg": 4, "image/png": 8, "image/webp": 8}[kind]
	switch {
	case moves(kind, upload):
		return Photo{}, fault.New(fault.Invalid, "picture_animated", "Pictures that move, and GIFs, are not shown with updates. PNG, JPEG and WebP are.")
	case perPixel == 0:
		return Photo{}, errNoPhoto()
	}
	f := formats()[kind]
	size, err := f.measure(bytes.NewReader(upload))
	switch {
	case err != nil || size.Width < 1 || size.Height < 1:
		return Photo{}, errNoPhoto()
	case size.Width > photoSideMax || size.Height > photoSideMax || size.Width*size.Height*perPixel > photoBytes:
		return Photo{}, fault.New(fault.Invalid, "photo_too_large", "This picture has too many pixels: %d × %d. Make it smaller first.", size.Width, size.Height)
	}
	from, err := f.decode(bytes.NewReader(upload))
	if err != nil {
		return Photo{}, errNoPhoto()
	}
	drawn := upright(shrunk(from, side), orientation(kind, upload))
	var out bytes.Buffer
	if err := jpeg.Encode(&out, drawn, &jpeg.Options{Quality: 85}); err != nil {
		return Photo{}, err
	}
	return Photo{JPEG: out.Bytes(), Width: drawn.Bounds().Dx(), Height: drawn.Bounds().Dy()}, nil
}

func errNoPhoto() error {
	return fault.New(fault.Invalid, "photo_invalid", "This is no picture that can be read. PNG, JPEG and WebP can.")
}

// moves reports whether a file says that it has more than one frame, or is of a kind
// that may.
func moves(kind string, upload []byte) bool {
	switch kind {
	case "image/gif":
		return true
	case "image/png": // APNG says so before its first pixels
		head, _, _ := bytes.Cut(upload, []byte("IDAT"))
		return bytes.Contains(head, []byte("acTL"))
	case "image/webp": // the flag of an extended file
		return len(upload) > 20 && string(upload[12:16]) == "VP8X" && upload[20]&2 != 0
	}
	return false
}

// shrunk draws a picture on white, at most side pixels wide and high. Each pixel is
// the mean of what it covers; a row at a time, so that it takes hardly any memory.
func shrunk(from image.Image, side int) *image.RGBA {
	b := from.Bounds()
	w, h := b.Dx(), b.Dy()
	if most := max(w, h); most > side {
		w, h = max(1, w*side/most), max(1, h*side/most)
	}
	to := image.NewRGBA(image.Rect(0, 0, w, h))
	row := image.NewRGBA(image.Rect(0, 0, b.Dx(), 1))
	sums, counts := make([]uint32, 3*w), make([]uint32, w)
	done := 0
	for y := range b.Dy() {
		draw.Draw(row, row.Bounds(), image.White, image.Point{}, draw.Src)
		draw.Draw(row, row.Bounds(), from, image.Pt(b.Min.X, b.Min.Y+y), draw.Over)
		for x := range b.Dx() {
			i := x * w / b.Dx()
			for c := range 3 {
				sums[3*i+c] += uint32(row.Pix[4*x+c])
			}
			counts[i]++
		}
		if (y+1)*h/b.Dy() == done {
			continue
		}
		for i := range w {
			n := counts[i]
			to.SetRGBA(i, done, color.RGBA{uint8(sums[3*i] / n), uint8(sums[3*i+1] / n), uint8(sums[3*i+2] / n), 255})
		}
		clear(sums)
		clear(counts)
		done++
	}
	return to
}

// upright turns a picture as its camera was held (Exif 2.3, 4.6.4, Orientation).
func upright(m *image.RGBA, orientation int) *image.RGBA {
	if orientation < 2 || orientation > 8 {
		return m
	}
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if orientation > 4 {
		out = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			at := [...]image.Point{
				2: {w - 1 - x, y}, 3: {w - 1 - x, h - 1 - y}, 4: {x, h - 1 - y},
				5: {y, x}, 6: {h - 1 - y, x}, 7: {h - 1 - y, w - 1 - x}, 8: {y, w - 1 - x},
			}[orientation]
			out.SetRGBA(at.X, at.Y, m.RGBAAt(x, y))
		}
	}
	return out
}
