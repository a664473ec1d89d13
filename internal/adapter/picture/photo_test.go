package picture

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// phoned is a JPEG as a phone makes it: with Exif that says how it was held, which
// camera it was, and where.
func phoned(t testing.TB, m image.Image, held uint16) []byte {
	t.Helper()
	var plain bytes.Buffer
	if err := jpeg.Encode(&plain, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	o := binary.BigEndian
	entry := func(tag, kind uint16, n, value uint32) []byte {
		return o.AppendUint32(o.AppendUint32(o.AppendUint16(o.AppendUint16(nil, tag), kind), n), value)
	}
	tiff := o.AppendUint32([]byte("MM\x00\x2a"), 8)
	tiff = o.AppendUint16(tiff, 3)
	tiff = append(tiff, entry(0x010f, 2, 12, 50)...)              // Make
	tiff = append(tiff, entry(0x0112, 3, 1, uint32(held)<<16)...) // Orientation
	tiff = append(tiff, entry(0x8825, 4, 1, 62)...)               // GPS
	tiff = append(append(tiff, 0, 0, 0, 0), "SecretPhone\x00"...)
	tiff = append(tiff, o.AppendUint16(nil, 1)...)
	tiff = append(tiff, entry(0x001d, 2, 11, 80)...) // GPSDateStamp
	tiff = append(append(tiff, 0, 0, 0, 0), "GPS:45.7640N4.8357E"...)
	body := append([]byte("Exif\x00\x00"), tiff...)
	app1 := append(o.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2)), body...)
	return append(append([]byte{0xff, 0xd8}, app1...), plain.Bytes()[2:]...)
}

// What a phone knew of the place and of itself is gone, and the picture is upright.
func TestAPhotoKeepsNothingButItsPixels(t *testing.T) {
	red := func(m image.Image, x, y int) bool {
		r, _, b, _ := m.At(x, y).RGBA()
		return r > 0xa000 && b < 0x6000
	}
	for held, where := range map[uint16]image.Point{1: {10, 50}, 3: {190, 50}, 6: {50, 10}, 8: {50, 190}} { // where the red half is
		upload := phoned(t, half(200, 100), held)
		for _, secret := range []string{"GPS:45.7640N", "SecretPhone", "Exif"} {
			if !bytes.Contains(upload, []byte(secret)) {
				t.Fatalf("the upload lacks %q: the test proves nothing", secret)
			}
		}
		got, err := photo(append(upload, "<script>and what came behind</script>"...), 400)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"GPS", "Secret", "Exif", "script"} {
			if bytes.Contains(got.JPEG, []byte(secret)) {
				t.Errorf("held %d: %q is still there", held, secret)
			}
		}
		m, err := jpeg.Decode(bytes.NewReader(got.JPEG))
		if err != nil || m.Bounds().Dx() != got.Width || m.Bounds().Dy() != got.Height {
			t.Fatalf("held %d: %v %v, said %d × %d", held, m.Bounds(), err, got.Width, got.Height)
		}
		if upright := held < 5; upright != (got.Width == 200 && got.Height == 100) || !red(m, where.X, where.Y) || red(m, got.Width-1-where.X, got.Height-1-where.Y) {
			t.Errorf("held %d: %d × %d, at %v is %v", held, got.Width, got.Height, where, m.At(where.X, where.Y))
		}
	}
}

func TestAPhotoIsMadeSmaller(t *testing.T) {
	for _, c := range []struct{ w, h, side, wantW, wantH int }{{3000, 2000, 1600, 1600, 1066}, {100, 4000, 1600, 40, 1600}, {4000, 1, 1600, 1600, 1}, {30, 20, 1600, 30, 20}} {
		got, err := photo(encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, half(c.w, c.h)) }), c.side)
		if err != nil || got.Width != c.wantW || got.Height != c.wantH {
			t.Errorf("%d × %d: %d × %d, %v", c.w, c.h, got.Width, got.Height, err)
		}
	}
	// What is transparent is white.
	clear := encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, image.NewNRGBA(image.Rect(0, 0, 8, 8))) })
	got, err := photo(clear, 8)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := jpeg.Decode(bytes.NewReader(got.JPEG)); err != nil {
		t.Fatal(err)
	} else if r, g, b, _ := m.At(4, 4).RGBA(); r < 0xf000 || g < 0xf000 || b < 0xf000 {
		t.Errorf("transparent became %v", m.At(4, 4))
	}
}

func TestWhatIsNoPhoto(t *testing.T) {
	whole := encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, half(200, 100)) })
	photographed := phoned(t, half(200, 100), 1)
	apng := append(append(append([]byte{}, whole[:33]...), "\x00\x00\x00\x08acTL\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00"...), whole[33:]...)
	webp := []byte("RIFF\x1e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	for name, c := range map[string]struct {
		upload []byte
		want   string
	}{
		"nothing":            {nil, "photo_invalid"},
		"an svg":             {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "photo_invalid"},
		"a page":             {[]byte("<html><script>"), "photo_invalid"},
		"half a png":         {whole[:len(whole)/2], "photo_invalid"},
		"half a jpeg":        {photographed[:len(photographed)/2], "photo_invalid"},
		"a bomb":             {huge(100_000, 100_000), "photo_too_large"},
		"a bomb of a line":   {huge(1<<30, 1), "photo_too_large"},
		"one that unfolds":   {huge(12_000, 12_000), "photo_too_large"},
		"a moving gif":       {encoded(t, func(b *bytes.Buffer) error { return gif.Encode(b, half(4, 4), nil) }), "picture_animated"},
		"a moving png":       {apng, "picture_animated"},
		"a moving webp":      {webp, "picture_animated"},
		"a jpeg's head":      {[]byte("\xff\xd8\xff\xe1\xff\xff"), "photo_invalid"},
		"a film's beginning": {[]byte("\x00\x00\x00\x18ftypmp42"), "photo_invalid"},
	} {
		_, err := photo(c.upload, 1600)
		if f := fault.Of(err); f == nil || f.Reason != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func TestPhotosWaitForTheirTurn(t *testing.T) {
	p := NewPainter(1)
	p.turns <- struct{}{} // somebody draws
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Photo(ctx, phoned(t, half(2, 2), 1), 8); !errors.Is(err, context.Canceled) {
		t.Errorf("while somebody draws: %v", err)
	}
	<-p.turns
}

func FuzzPhoto(f *testing.F) {
	f.Add(huge(10, 10))
	f.Add(phoned(f, half(20, 10), 6))
	f.Fuzz(func(t *testing.T, upload []byte) {
		if _, err := photo(upload, 8); err != nil && fault.Of(err) == nil {
			t.Errorf("%v", err)
		}
	})
}
