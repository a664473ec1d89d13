// Package loop is an encoder without a camera: it sends a clip over and over by
// real RTMP, for the demonstration and for tests.
//
// Owns: reading FLV files, sending in real time. Promises: times go on across
// rounds as if the clip had no end; stops when its context does and says goodbye
// to the server, as encoders do. Does not do: encoding, any other container.
package loop

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/codecs"
	"github.com/bluenviron/gortmplib/pkg/message"

	"github.com/subspace-live/subspace/internal/domain/live"
)

// Run sends the clip to the server at address (host:port) with key until ctx
// ends, which is no error, or the connection does.
func Run(ctx context.Context, address string, key live.Key, c *Clip) error {
	client := &gortmplib.Client{
		URL:     &url.URL{Scheme: "rtmp", Host: address, Path: "/live", Fragment: key.Reveal()},
		Publish: true,
	}
	if err := client.Initialize(ctx); err != nil {
		return ended(ctx, fmt.Errorf("connect the clip to %s: %w", address, err))
	}
	defer client.Close()
	drained := make(chan struct{})
	go func() { // owned by Run: it ends when the connection closes below
		defer close(drained)
		_, _ = io.Copy(io.Discard, client.NetConn()) // unread words would turn our goodbye into a reset
	}()
	stop := context.AfterFunc(ctx, func() { // a server that reads nothing must not hold us
		_ = client.NetConn().SetWriteDeadline(time.Now().Add(farewell))
	})
	err := send(ctx, client, c)
	stop()
	client.Close()
	<-drained
	return ended(ctx, err)
}

// farewell is how long the last words may take.
const farewell = time.Second

func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func send(ctx context.Context, client *gortmplib.Client, c *Clip) error {
	video := &gortmplib.Track{Codec: &codecs.H264{SPS: c.sps, PPS: c.pps}}
	audio := &gortmplib.Track{Codec: &codecs.MPEG4Audio{Config: &c.aac}}
	w := &gortmplib.Writer{Conn: client, Tracks: []*gortmplib.Track{video, audio}}
	if err := w.Initialize(); err != nil {
		return fmt.Errorf("announce the clip: %w", err)
	}
	began := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	<-timer.C
	for p, s := 0, 0; ; {
		pictureAt := time.Duration(p/len(c.pictures))*c.length() + c.pictures[p%len(c.pictures)].at
		soundAt := c.soundAt(s)
		next := min(pictureAt, soundAt)
		if wait := next - time.Since(began); wait > 0 {
			timer.Reset(wait)
			select {
			case <-ctx.Done():
				return goodbye(client)
			case <-timer.C:
			}
		} else if ctx.Err() != nil {
			return goodbye(client)
		}
		var err error
		if next == soundAt {
			err = w.WriteMPEG4Audio(audio, soundAt, c.sounds[s%len(c.sounds)])
			s++
		} else {
			err = w.WriteH264(video, pictureAt, pictureAt, c.pictures[p%len(c.pictures)].units)
			p++
		}
		if err != nil {
			return fmt.Errorf("send the clip: %w", err)
		}
	}
}

// goodbye takes leave as OBS and FFmpeg do.
func goodbye(client *gortmplib.Client) error {
	return client.Write(&message.CommandAMF0{
		ChunkStreamID: 3, Name: "deleteStream", CommandID: 6, Arguments: []any{nil, float64(1)},
	})
}
