package loop

import (
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/media/loop/clip"
)

func TestTheDemoClipLoops(t *testing.T) {
	c, err := Read(clip.Pottery())
	if err != nil {
		t.Fatal(err)
	}
	if len(c.pictures) != 240 || len(c.sounds) != 375 || c.length() != 8*time.Second || c.aac.SampleRate != 48000 {
		t.Errorf("%d pictures, %d sounds, %v", len(c.pictures), len(c.sounds), c.length())
	}
	for i, p := range c.pictures {
		want := time.Duration(i) * time.Second / 30
		if off := p.at - want; off < -time.Millisecond || off > time.Millisecond {
			t.Fatalf("picture %d lies at %v, want %v", i, p.at, want)
		}
	}
	if n := len(clip.Pottery()); n > 600<<10 {
		t.Errorf("%d bytes", n)
	}
}

func TestBrokenFilesAreRefused(t *testing.T) {
	whole := clip.Pottery()
	for n := range 2000 {
		if _, err := Read(whole[:n]); err == nil {
			t.Fatalf("%d bytes were accepted", n)
		}
	}
	for i := 13; i < 200; i++ { // must not panic
		changed := append([]byte(nil), whole[:4000]...)
		changed[i] ^= 0xff
		_, _ = Read(changed)
	}
}
