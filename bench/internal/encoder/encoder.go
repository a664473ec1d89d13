// Package encoder sends a picture and a sound by RTMP, as OBS would, without
// encoding any.
//
// Owns: one stream of about 1.1 Mb/s: 30 pictures a second, a keyframe every two
// seconds, sound at 48 kHz. Promises: real time, the same bytes for every server.
// Does not do: anything that a decoder could show.
package encoder

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/codecs"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
)

// What is sent.
const (
	pictures      = 30 // a second
	between       = 60 // pictures from one keyframe to the next
	keyBytes      = 15_000
	pictureBytes  = 3_800
	soundBytes    = 340 // 128 kb/s
	soundRate     = 48_000
	soundTogether = 1024
)

// Send sends to rtmp://host/live with a key until ctx ends, which is no error.
func Send(ctx context.Context, host, key string) error {
	client := &gortmplib.Client{URL: &url.URL{Scheme: "rtmp", Host: host, Path: "/live", Fragment: key}, Publish: true}
	if err := client.Initialize(ctx); err != nil {
		return fmt.Errorf("connect the encoder: %w", err)
	}
	drained := make(chan struct{})
	go func() { // ends when the connection closes below
		defer close(drained)
		_, _ = io.Copy(io.Discard, client.NetConn())
	}()
	defer func() { client.Close(); <-drained }()
	err := send(ctx, client)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func send(ctx context.Context, client *gortmplib.Client) error {
	video := &gortmplib.Track{Codec: &codecs.H264{
		SPS: []byte{0x67, 0x42, 0xc0, 0x28, 0xd9, 0x00, 0x78, 0x02, 0x27, 0xe5, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc9, 0x20},
		PPS: []byte{0x68, 0xce, 0x38, 0x80},
	}}
	audio := &gortmplib.Track{Codec: &codecs.MPEG4Audio{Config: &mpeg4audio.AudioSpecificConfig{
		Type: mpeg4audio.ObjectTypeAACLC, SampleRate: soundRate, ChannelConfig: 2, ChannelCount: 2,
	}}}
	w := &gortmplib.Writer{Conn: client, Tracks: []*gortmplib.Track{video, audio}}
	if err := w.Initialize(); err != nil {
		return fmt.Errorf("announce the stream: %w", err)
	}
	key, picture, sound := filled(0x65, keyBytes), filled(0x41, pictureBytes), filled(0x21, soundBytes)
	began := time.Now()
	for n, heard := 0, 0; ; n++ {
		at := time.Duration(n) * time.Second / pictures
		wait := time.NewTimer(time.Until(began.Add(at)))
		select {
		case <-ctx.Done():
			wait.Stop()
			return ctx.Err()
		case <-wait.C:
		}
		for ; soundAt(heard) <= at; heard++ {
			if err := w.WriteMPEG4Audio(audio, soundAt(heard), sound); err != nil {
				return fmt.Errorf("send sound: %w", err)
			}
		}
		units := [][]byte{picture}
		if n%between == 0 {
			units[0] = key
		}
		if err := w.WriteH264(video, at, at, units); err != nil {
			return fmt.Errorf("send a picture: %w", err)
		}
	}
}

func soundAt(n int) time.Duration {
	return time.Duration(n) * soundTogether * time.Second / soundRate
}

// filled is a unit whose bytes do not look like the beginning of another.
func filled(head byte, size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i%251) | 0x80
	}
	b[0] = head
	return b
}
