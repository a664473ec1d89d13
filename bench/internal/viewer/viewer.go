// Package viewer plays LL-HLS as hls.js does, many times over, without showing
// anything: a playlist that is held back until the next part is there, then that
// part, over and over on one connection.
//
// Owns: the viewers' connections and what they were given. Promises: each viewer
// of a rendition asks for each of its parts once; what went wrong is counted. Does
// not do: decoding, catching up.
package viewer

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Counts is what viewers were given so far.
type Counts struct{ Requests, Parts, Bytes, Errors int64 }

// Since returns what came after an earlier look.
func (c Counts) Since(earlier Counts) Counts {
	return Counts{c.Requests - earlier.Requests, c.Parts - earlier.Parts, c.Bytes - earlier.Bytes, c.Errors - earlier.Errors}
}

// Crowd is viewers at work.
type Crowd struct {
	requests, parts, bytes, errors atomic.Int64
	wait                           sync.WaitGroup
	mu                             sync.Mutex
	first                          error
}

// Counts returns what the viewers were given so far.
func (c *Crowd) Counts() Counts {
	return Counts{c.requests.Load(), c.parts.Load(), c.bytes.Load(), c.errors.Load()}
}

// Err returns the first thing that went wrong.
func (c *Crowd) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.first
}

// Wait returns when all viewers have gone.
func (c *Crowd) Wait() { c.wait.Wait() }

// spread is over how long viewers come in, so that they do not all dial at once.
const spread = 2 * time.Second

// Watch has n viewers play the renditions below a folder until ctx ends.
func Watch(ctx context.Context, host, folder string, renditions []string, n int) *Crowd {
	c := &Crowd{}
	for i := range n {
		for _, rendition := range renditions {
			c.wait.Go(func() {
				late := time.NewTimer(spread * time.Duration(i) / time.Duration(n))
				defer late.Stop()
				select {
				case <-ctx.Done():
					return
				case <-late.C:
				}
				p := player{crowd: c, host: host, folder: folder}
				if err := p.play(ctx, rendition); err != nil && ctx.Err() == nil {
					c.failed(err)
				}
			})
		}
	}
	return c
}

func (c *Crowd) failed(err error) {
	c.errors.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.first == nil {
		c.first = err
	}
}

type player struct {
	crowd        *Crowd
	host, folder string
	conn         net.Conn
	in           *bufio.Reader
}

func (p *player) play(ctx context.Context, rendition string) error {
	var err error
	if p.conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", p.host); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = p.conn.Close() })
	defer func() { stop(); _ = p.conn.Close() }()
	p.in = bufio.NewReaderSize(p.conn, 8<<10)
	var list bytes.Buffer
	last, target := "", rendition
	for {
		list.Reset()
		if err := p.get(target, &list); err != nil {
			return err
		}
		at := Newest(list.Bytes())
		if at.Part == "" {
			return errors.New("a playlist without parts")
		}
		if at.Part != last {
			last = at.Part
			if err := p.get(last, io.Discard); err != nil {
				return err
			}
			p.crowd.parts.Add(1)
		}
		target = rendition + "?_HLS_msn=" + strconv.Itoa(at.Sequence) + "&_HLS_part=" + strconv.Itoa(at.Index)
	}
}

// get asks for a file and reads the answer to its end.
func (p *player) get(file string, into io.Writer) error {
	if _, err := io.WriteString(p.conn, "GET "+p.folder+file+" HTTP/1.1\r\nHost: "+p.host+"\r\n\r\n"); err != nil {
		return err
	}
	res, err := http.ReadResponse(p.in, nil)
	if err != nil {
		return err
	}
	n, err := io.Copy(into, res.Body)
	_ = res.Body.Close() // read to its end
	p.crowd.requests.Add(1)
	p.crowd.bytes.Add(n)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", file, res.Status)
	}
	return err
}

// Position is the newest part of a playlist, and the place of the one to come.
type Position struct {
	Part            string
	Sequence, Index int
}

// Newest reads a playlist.
func Newest(list []byte) (at Position) {
	for line := range strings.Lines(string(list)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "#EXT-X-MEDIA-SEQUENCE:"):
			at.Sequence, _ = strconv.Atoi(line[len("#EXT-X-MEDIA-SEQUENCE:"):])
		case strings.HasPrefix(line, "#EXT-X-PART:"):
			at.Index++
			_, rest, _ := strings.Cut(line, `URI="`)
			at.Part, _, _ = strings.Cut(rest, `"`)
		case line != "" && line[0] != '#':
			at.Sequence++
			at.Index = 0
		}
	}
	return at
}
