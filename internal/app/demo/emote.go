package demo

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"net/http"
	"strconv"
)

// emotes has the channel offer three pictures, drawn here: one for everybody, two for
// subscribers.
func (s *stage) emotes(ctx context.Context) error {
	for _, e := range []struct {
		code  string
		level int
		shape func(x, y float64) (color.NRGBA, bool)
	}{{"bowl", 0, bowl}, {"lune", 1, lune}, {"flame", 1, flame}} {
		var file bytes.Buffer
		if err := png.Encode(&file, drawn(e.shape)); err != nil {
			return err
		}
		path := channelPath + "/emotes?code=" + e.code + "&level=" + strconv.Itoa(e.level)
		if err := s.creator.upload(ctx, http.MethodPost, path, file.Bytes()); err != nil {
			return fmt.Errorf("emote %s: %w", e.code, err)
		}
	}
	return nil
}

// drawn fills a square with a shape, which says what stands at a point between -1 and 1;
// edges are smooth, as each point is looked at sixteen times.
func drawn(shape func(x, y float64) (color.NRGBA, bool)) image.Image {
	const side, fine = 96, 4
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	for py := range side {
		for px := range side {
			var sum [3]int
			hits := 0
			for i := range fine * fine {
				x := (float64(px)+(float64(i%fine)+.5)/fine)/side*2 - 1
				y := (float64(py)+(float64(i/fine)+.5)/fine)/side*2 - 1
				if c, in := shape(x, y); in {
					hits++
					sum[0], sum[1], sum[2] = sum[0]+int(c.R), sum[1]+int(c.G), sum[2]+int(c.B)
				}
			}
			if hits > 0 {
				m.SetNRGBA(px, py, color.NRGBA{uint8(sum[0] / hits), uint8(sum[1] / hits), uint8(sum[2] / hits), uint8(255 * hits / (fine * fine))})
			}
		}
	}
	return m
}

// bowl is half a disc on a foot, glazed blue at its rim.
func bowl(x, y float64) (color.NRGBA, bool) {
	switch {
	case y > .55 && y < .72 && math.Abs(x) < .34:
		return color.NRGBA{196, 160, 122, 255}, true
	case y < -.25 || x*x+(y+.25)*(y+.25) > .81:
		return color.NRGBA{}, false
	case y < .05+.06*math.Sin(9*x):
		return color.NRGBA{86, 140, 214, 255}, true
	}
	return color.NRGBA{232, 214, 188, 255}, true
}

// lune is a crescent.
func lune(x, y float64) (color.NRGBA, bool) {
	return color.NRGBA{246, 205, 110, 255}, x*x+y*y < .81 && (x-.38)*(x-.38)+(y+.16)*(y+.16) > .52
}

// flame is a drop with a lighter heart.
func flame(x, y float64) (color.NRGBA, bool) {
	drop := func(x, y, size float64) bool {
		if y > 0 {
			return x*x+y*y < size*size
		}
		return math.Abs(x) < size*(1-math.Pow(-y/(1.6*size), .9)) && y > -1.6*size
	}
	switch {
	case drop(x, y-.5, .24):
		return color.NRGBA{255, 226, 130, 255}, true
	case drop(x, y-.36, .56):
		return color.NRGBA{240, 108, 48, 255}, true
	}
	return color.NRGBA{}, false
}
