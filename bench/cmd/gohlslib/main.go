// Command gohlslib is the opponent: the gohlslib muxer as a server would use it.
//
// Owns: one stream, by RTMP in and by LL-HLS out. Promises: parts and segments as
// long as Subspace's; nothing is asked of those who watch; with -shared each
// answer is made once for all who ask for it. Does not do: anything to slow the
// library down.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/bluenviron/gohlslib/v2"
	hls "github.com/bluenviron/gohlslib/v2/pkg/codecs"
	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/codecs"
)

// How Subspace cuts.
const (
	partLength    = 500 * time.Millisecond
	segmentLength = 1900 * time.Millisecond
	segments      = 10
	videoClock    = 90_000
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gohlslib:", err)
		os.Exit(1)
	}
}

func run() error {
	shared := flag.Bool("shared", false, "make each answer once for all who ask for it")
	flag.Parse()
	encoders, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for the encoder: %w", err)
	}
	viewers, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for viewers: %w", err)
	}
	fmt.Println("ready", encoders.Addr(), viewers.Addr())
	ended := make(chan error, 1)
	go func() { ended <- serve(encoders, viewers, *shared) }() // ends with the process
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	select {
	case err = <-ended:
		return err
	case <-stop:
		return nil
	}
}

// serve takes one encoder and plays it out until it goes.
func serve(encoders, viewers net.Listener, shared bool) error {
	nc, err := encoders.Accept()
	if err != nil {
		return err
	}
	conn := &gortmplib.ServerConn{RW: nc}
	if err := errors.Join(conn.Initialize(), conn.Accept()); err != nil {
		return fmt.Errorf("greet the encoder: %w", err)
	}
	in := &gortmplib.Reader{Conn: conn}
	if err := in.Initialize(); err != nil {
		return fmt.Errorf("find tracks: %w", err)
	}
	out := &gohlslib.Muxer{
		Variant: gohlslib.MuxerVariantLowLatency, SegmentCount: segments, SegmentMinDuration: segmentLength, PartMinDuration: partLength,
		OnEncodeError: func(err error) { log.Print(err) },
	}
	for _, track := range in.Tracks() {
		attach(in, out, track)
	}
	if err := out.Start(); err != nil {
		return fmt.Errorf("start the muxer: %w", err)
	}
	var handler http.Handler = http.HandlerFunc(out.Handle)
	if shared {
		handler = newFlights(out.Handle)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(viewers) }() // ends with the process
	for {
		if err := in.Read(); err != nil {
			return err
		}
	}
}

// attach hands on what a track brings.
func attach(in *gortmplib.Reader, out *gohlslib.Muxer, track *gortmplib.Track) {
	switch c := track.Codec.(type) {
	case *codecs.H264:
		t := &gohlslib.Track{Codec: &hls.H264{SPS: c.SPS, PPS: c.PPS}, ClockRate: videoClock}
		out.Tracks = append(out.Tracks, t)
		in.OnDataH264(track, func(pts, _ time.Duration, units [][]byte) {
			if units[0][0]&0x1f == 5 { // RTMP sends the parameters once, the library wants them here
				units = append([][]byte{c.SPS, c.PPS}, units...)
			}
			if err := out.WriteH264(t, time.Now(), ticks(pts, videoClock), units); err != nil {
				log.Print(err)
			}
		})
	case *codecs.MPEG4Audio:
		t := &gohlslib.Track{Codec: &hls.MPEG4Audio{Config: *c.Config}, ClockRate: c.Config.SampleRate}
		out.Tracks = append(out.Tracks, t)
		in.OnDataMPEG4Audio(track, func(pts time.Duration, unit []byte) {
			if err := out.WriteMPEG4Audio(t, time.Now(), ticks(pts, int64(t.ClockRate)), [][]byte{unit}); err != nil {
				log.Print(err)
			}
		})
	}
}

func ticks(d time.Duration, clock int64) int64 {
	return int64(d/time.Millisecond) * clock / 1000
}
