package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/subspace-live/subspace/bench/internal/child"
	"github.com/subspace-live/subspace/bench/internal/encoder"
	"github.com/subspace-live/subspace/bench/internal/meter"
	"github.com/subspace-live/subspace/bench/internal/place"
	"github.com/subspace-live/subspace/bench/internal/progress"
	"github.com/subspace-live/subspace/bench/internal/viewer"
)

// Who takes turns.
const (
	ours    = "subspace"
	library = "gohlslib"
	cached  = "gohlslib-cached"
)

const handle = "video"

type experiment struct {
	log                progress.Log
	subspace, gohlslib string // programs
	folder             string // temporary
	owner              place.Person
	viewers            int
	idle, window       time.Duration
	rows               []row
}

// prepare sets up the folder that each of Subspace's runs begins with.
func (e *experiment) prepare(ctx context.Context) (err error) {
	e.log.Tell("setting up a channel")
	if e.folder, err = os.MkdirTemp("", "subspace-bench-video-"); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	data := filepath.Join(e.folder, "prepared")
	if err := os.Mkdir(data, 0o700); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	server, err := place.Serve(ctx, place.Options{Binary: e.subspace, Data: data})
	if err != nil {
		return err
	}
	defer server.Stop()
	e.owner, err = server.Found(ctx, handle)
	return err
}

// stream is a server that a stream can be sent to.
type stream struct {
	pid        int
	rtmp, key  string
	host       string // of HTTP
	address    func(ctx context.Context) (folder string, err error)
	renditions []string
	stop       func()
}

func (e *experiment) start(ctx context.Context, server string) (*stream, error) {
	if server == ours {
		return e.startOurs(ctx)
	}
	var args []string
	if server == cached {
		args = []string{"-shared"}
	}
	p, err := child.Start(ctx, child.Program{Path: e.gohlslib, Args: args, Ready: "ready "})
	if err != nil {
		return nil, err
	}
	words := strings.Fields(p.Ready)
	return &stream{
		pid: p.PID, rtmp: words[1], key: "any", host: words[2], stop: p.Stop,
		renditions: []string{"video1_stream.m3u8", "audio2_stream.m3u8"},
		address:    func(context.Context) (string, error) { return "/", nil },
	}, nil
}

func (e *experiment) startOurs(ctx context.Context) (*stream, error) {
	data := filepath.Join(e.folder, "run-"+strconv.Itoa(len(e.rows)))
	if err := place.Copy(filepath.Join(e.folder, "prepared"), data); err != nil {
		return nil, err
	}
	server, err := place.Serve(ctx, place.Options{Binary: e.subspace, Data: data})
	if err != nil {
		return nil, err
	}
	c := place.NewCaller(server.URL, "127.0.2.1")
	var in struct{ Server, Key string }
	if err := c.Call(ctx, e.owner, "GET", "/api/channels/"+handle+"/ingest", nil, &in); err != nil {
		server.Stop()
		return nil, fmt.Errorf("read the stream key: %w", err)
	}
	to, err := url.Parse(in.Server)
	if err != nil {
		server.Stop()
		return nil, fmt.Errorf("read the encoder's address: %w", err)
	}
	return &stream{
		pid: server.PID, rtmp: to.Host, key: in.Key, host: server.Host, renditions: []string{"stream.m3u8"},
		stop: func() { c.Close(); server.Stop() },
		address: func(ctx context.Context) (string, error) {
			var p struct{ URL, Reason string }
			if err := c.Call(ctx, place.Person{}, "GET", "/api/channels/"+handle+"/playback", nil, &p); err != nil {
				return "", err
			}
			if p.URL == "" {
				return "", errors.New("nothing to watch: " + p.Reason)
			}
			return p.URL[:strings.LastIndex(p.URL, "/")+1], nil
		},
	}, nil
}

// settle is how long a stream runs, and then its viewers, before they count: the
// first segment is there, everybody has come in.
const settle = 5 * time.Second

// calm is how long a server has for what it does at its start.
const calm = 2 * time.Second

// measure runs one turn.
func (e *experiment) measure(ctx context.Context, r *row) error {
	s, err := e.start(ctx, r.Server)
	if err != nil {
		return err
	}
	defer s.stop()
	if err := progress.Pause(ctx, calm); err != nil {
		return err
	}
	if r.Quiet, err = e.spent(ctx, s.pid, e.idle); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	sent := make(chan error, 1)
	go func() { sent <- encoder.Send(ctx, s.rtmp, s.key) }()
	defer func() { cancel(); <-sent }()
	if err := progress.Pause(ctx, settle); err != nil {
		return err
	}
	if r.Unwatched, err = e.spent(ctx, s.pid, e.idle); err != nil {
		return err
	}
	folder, err := s.address(ctx)
	if err != nil {
		return err
	}
	watching, leave := context.WithCancel(ctx)
	crowd := viewer.Watch(watching, s.host, folder, s.renditions, e.viewers)
	defer func() { leave(); crowd.Wait() }()
	if err := progress.Pause(ctx, settle); err != nil {
		return err
	}
	before := crowd.Counts()
	if r.Busy, err = e.spent(ctx, s.pid, e.window); err != nil {
		return err
	}
	got := crowd.Counts().Since(before)
	if r.Resident, err = meter.Resident(s.pid); err != nil {
		return err
	}
	r.count(got, e.window, len(s.renditions))
	select {
	case err := <-sent:
		sent <- nil
		return fmt.Errorf("the encoder stopped: %w", err)
	default:
	}
	if err := crowd.Err(); err != nil {
		return fmt.Errorf("a viewer: %w", err)
	}
	return r.complete()
}

// spent is the share of a core that a process takes while we wait.
func (e *experiment) spent(ctx context.Context, pid int, d time.Duration) (float64, error) {
	before, err := meter.Spend(pid)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := progress.Pause(ctx, d); err != nil {
		return 0, err
	}
	after, err := meter.Spend(pid)
	return float64(after.Since(before).Process) / float64(time.Since(began)), err
}
