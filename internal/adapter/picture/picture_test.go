package picture

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// half is a picture whose left half is red.
func half(w, h int) *image.Paletted {
	m := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.NRGBA{0, 0, 255, 255}, color.NRGBA{255, 0, 0, 255}})
	for y := range h {
		for x := range w / 2 {
			m.SetColorIndex(x, y, 1)
		}
	}
	return m
}

func encoded(t *testing.T, encode func(*bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestEveryFormatIsDrawnAnew(t *testing.T) {
	m := half(200, 100)
	// A red square of two pixels, losslessly.
	webp, err := base64.StdEncoding.DecodeString("UklGRiIAAABXRUJQVlA4TBYAAAAvAUAAAAcQ/Y/+ByKi/wEAgKIYIQA=")
	if err != nil {
		t.Fatal(err)
	}
	for name, upload := range map[string][]byte{
		"png":  encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, m) }),
		"jpeg": encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, m, &jpeg.Options{Quality: 95}) }),
		"gif": encoded(t, func(b *bytes.Buffer) error {
			return gif.EncodeAll(b, &gif.GIF{Image: []*image.Paletted{m, half(200, 100)}, Delay: []int{1, 1}})
		}),
		"webp": webp,
	} {
		out, err := square(append(upload, "<script>and what came behind</script>"...), 72)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := png.Decode(bytes.NewReader(out))
		if err != nil || got.Bounds() != image.Rect(0, 0, 72, 72) || bytes.Contains(out, []byte("script")) {
			t.Errorf("%s: %v, %v, %q", name, got.Bounds(), err, out)
			continue
		}
		if r, _, b, a := got.At(10, 36).RGBA(); r < 0xd000 || b > 0x3000 || a != 0xffff {
			t.Errorf("%s: the left is %v", name, got.At(10, 36))
		}
		if name == "webp" {
			continue
		}
		if r, _, b, _ := got.At(60, 36).RGBA(); b < 0xd000 || r > 0x3000 {
			t.Errorf("%s: the right is %v", name, got.At(60, 36))
		}
		if _, _, _, a := got.At(36, 2).RGBA(); a != 0 {
			t.Errorf("%s: above it is %v", name, got.At(36, 2))
		}
	}
}

// A picture longer than the square is high is at least one pixel of it.
func TestTheThinnestPicture(t *testing.T) {
	for _, m := range []*image.Paletted{half(2000, 1), half(1, 2000), half(1, 1)} {
		upload := encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, m) })
		if out, err := square(upload, 72); err != nil || len(out) == 0 {
			t.Errorf("%v: %v", m.Bounds(), err)
		}
	}
}

// huge is the head of a PNG that says it has so many pixels, and no pixels.
func huge(w, h uint32) []byte {
	head := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)...)
	head = append(head, 8, 6, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(head))
}

// boasting is a WebP whose canvas is one pixel, or whatever it is said to be, and
// whose picture says that it has more.
func boasting(canvas, side uint32) []byte {
	chunk := func(id string, data []byte) []byte {
		out := binary.LittleEndian.AppendUint32([]byte(id), uint32(len(data)))
		return append(append(out, data...), make([]byte, len(data)%2)...)
	}
	c := canvas - 1
	head := []byte{0, 0, 0, 0, byte(c), byte(c >> 8), byte(c >> 16), byte(c), byte(c >> 8), byte(c >> 16)}
	inner := binary.LittleEndian.AppendUint32([]byte{0x2f}, (side-1)|(side-1)<<14)
	body := append([]byte("WEBP"), chunk("VP8X", head)...)
	return chunk("RIFF", append(body, chunk("VP8L", inner)...))
}

func TestWhatIsNoPicture(t *testing.T) {
	whole := encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, half(200, 100)) })
	for name, c := range map[string]struct {
		upload []byte
		want   string
	}{
		"nothing":             {nil, "picture_invalid"},
		"words":               {[]byte("hello"), "picture_invalid"},
		"a page":              {[]byte("<html><script>"), "picture_invalid"},
		"an svg":              {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "picture_invalid"},
		"half a picture":      {whole[:len(whole)/2], "picture_invalid"},
		"a head alone":        {huge(100, 100), "picture_invalid"},
		"too wide":            {huge(sideMax+1, 1), "picture_too_large"},
		"too high":            {huge(1, sideMax+1), "picture_too_large"},
		"more than fits":      {huge(1<<20, 1<<20), "picture_too_large"},
		"a canvas in bounds":  {boasting(1, 1<<14), "picture_too_large"},
		"a picture in bounds": {boasting(1<<24, 1), "picture_too_large"},
		"no pixels":           {huge(0, 10), "picture_invalid"},
		"an old bitmap":       {[]byte("BM\x00\x00\x00\x00"), "picture_invalid"},
		"a film's beginning":  {[]byte("\x00\x00\x00\x18ftypmp42"), "picture_invalid"},
	} {
		_, err := square(c.upload, 72)
		if f := fault.Of(err); f == nil || f.Reason != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func FuzzSquare(f *testing.F) {
	f.Add(huge(10, 10))
	f.Fuzz(func(t *testing.T, upload []byte) {
		out, err := square(upload, 8)
		if err != nil {
			if fault.Of(err) == nil {
				t.Errorf("%v", err)
			}
			return
		}
		if size, err := png.DecodeConfig(bytes.NewReader(out)); err != nil || size.Width != 8 || size.Height != 8 {
			t.Errorf("%v %v", size, err)
		}
	})
}

func TestPicturesAreDrawnInTurn(t *testing.T) {
	p := NewPainter(1)
	p.turns <- struct{}{} // somebody draws
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	upload := encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, half(2, 2)) })
	if _, err := p.Square(ctx, upload, 8); !errors.Is(err, context.Canceled) {
		t.Errorf("while somebody draws: %v", err)
	}
	<-p.turns
	for range 2 { // a turn is given back
		if out, err := p.Square(t.Context(), upload, 8); err != nil || len(out) == 0 {
			t.Error(err)
		}
	}
}
