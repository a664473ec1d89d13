package patron

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// How often the file is looked at, and the clock when the file stays as it is.
const (
	lookEvery   = 2 * time.Second
	followEvery = time.Minute
	troublesMax = 20 // that are told
)

// Inbox keeps events.
type Inbox interface {
	Receive(ctx context.Context, e subscription.Event) error
}

// watch is what the watcher remembers between two looks.
type watch struct {
	noticed  sight // what was there at the last look
	read     sight // what was last read
	lines    *list // the last file that could be read
	troubles []subscription.LineTrouble
	missing  bool // that there is no file was told
	followed time.Time
}

// sight tells one state of a file from another, also when it was replaced by one
// of the same size and time.
type sight struct{ os.FileInfo }

func (s sight) same(o sight) bool {
	if s.FileInfo == nil || o.FileInfo == nil {
		return false
	}
	return os.SameFile(s.FileInfo, o.FileInfo) && s.Size() == o.Size() && s.ModTime().Equal(o.ModTime())
}

// Run follows the file until ctx ends.
func (p *Patrons) Run(ctx context.Context, inbox Inbox) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if err := p.Look(ctx, inbox); err != nil && ctx.Err() == nil {
			p.Log.WarnContext(ctx, "patrons not followed; will try again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Look reads the file if it has changed and rests now, and brings the patrons to
// what it says; without news, the clock is asked once a minute. Run calls it.
func (p *Patrons) Look(ctx context.Context, inbox Inbox) error {
	fresh := p.look()
	if now := p.Now(); !fresh && now.Sub(p.watch.followed) < followEvery {
		return nil
	}
	var is *list
	var unknown []subscription.LineTrouble
	if p.watch.lines != nil {
		err := p.Store.View(ctx, func(tx Tx) (err error) {
			is, unknown, err = p.watch.lines.understand(ctx, tx)
			return err
		})
		if err != nil {
			return err
		}
		p.tell(unknown, "this line is not followed")
	}
	if err := p.follow(ctx, is, inbox); err != nil {
		return err
	}
	p.watch.followed = p.Now()
	return nil
}

// look reads the file when it changed since it was last read, and did not change
// since the last look: whoever writes it may not be done. A file that cannot be
// read leaves the one before in force.
func (p *Patrons) look() (fresh bool) {
	w := &p.watch
	is, err := see(p.File)
	if err != nil {
		if !w.missing {
			p.Log.Warn("the list of patrons cannot be read; what it last said stands", "file", p.File, "error", err)
		}
		w.missing = true
		return false
	}
	rests := is.same(w.noticed) || p.Now().Sub(is.ModTime()) > lookEvery
	if w.noticed, w.missing = is, false; is.same(w.read) || !rests {
		return false
	}
	l, troubles, err := readFile(p.File)
	if again, seeing := see(p.File); err != nil || seeing != nil || !again.same(is) {
		return false // it changed while it was read: the next look will tell
	}
	w.read = is
	if len(troubles) > 0 {
		p.tell(troubles, "the list of patrons is not followed; what it last said stands")
		return false
	}
	w.lines, w.troubles = l, nil
	p.list.Store(l)
	return true
}

// tell logs what is wrong with lines, once.
func (p *Patrons) tell(troubles []subscription.LineTrouble, what string) {
	if slices.Equal(troubles, p.watch.troubles) {
		return
	}
	p.watch.troubles = troubles
	for _, t := range troubles[:min(len(troubles), troublesMax)] {
		p.Log.Warn(what, "file", p.File, "line", t.Line, "why", t.Detail)
	}
	if more := len(troubles) - troublesMax; more > 0 {
		p.Log.Warn(what, "file", p.File, "more_lines", more)
	}
}

func see(file string) (sight, error) {
	info, err := os.Stat(file)
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "read", Path: file, Err: fs.ErrInvalid}
	}
	if err != nil {
		return sight{}, err
	}
	return sight{info}, nil
}

func readFile(file string) (*list, []subscription.LineTrouble, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	l, troubles := readList(f)
	return l, troubles, nil
}

// Examine says what is wrong with a file, each line in a sentence. It changes
// nothing.
func Examine(ctx context.Context, file string, store Store) (found []string, err error) {
	if _, err := see(file); err != nil {
		return []string{fmt.Sprintf("The file %s cannot be read: %v", file, err)}, nil
	}
	l, troubles, err := readFile(file)
	if err != nil {
		return nil, err
	}
	if len(troubles) == 0 {
		err = store.View(ctx, func(tx Tx) error {
			_, troubles, err = l.understand(ctx, tx)
			return err
		})
	}
	for _, t := range troubles[:min(len(troubles), troublesMax)] {
		found = append(found, fmt.Sprintf("%s, line %d: %s", file, t.Line, t.Detail))
	}
	if more := len(troubles) - troublesMax; more > 0 {
		found = append(found, fmt.Sprintf("%s: %d more lines", file, more))
	}
	return found, err
}
