package hls

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/recording"
)

// ReplayPattern is the route that Replay answers.
const ReplayPattern = "GET /replay/{token}/{channel}/{file}"

// Recordings says what is kept; recording.Service does.
type Recordings interface {
	Find(ctx context.Context, id ident.Broadcast) (recording.Recording, bool, error)
}

// Shelf has the files of recordings; package recording's Shelf does.
type Shelf interface {
	// Playlist is the list of segments as players are given it; over: nothing more comes.
	Playlist(id ident.Broadcast, over bool) (string, error)
	// Open opens a segment or what it needs. The error matches fs.ErrNotExist.
	Open(id ident.Broadcast, name string) (*os.File, error)
}

// ReplayConfig is what a Replay needs from its surroundings.
type ReplayConfig struct {
	Gate       Gate
	Recordings Recordings
	Shelf      Shelf
	Caller     func(*http.Request) ident.Account // as for a Door
	Secret     []byte                            // signs addresses, those of lives too
	Random     io.Reader                         // cryptographic
	Node       string                            // whose folder Shelf is
	Now        func() time.Time
	Log        *slog.Logger
}

// Replay is the way to recordings. Each request asks what is kept and then the gate: a
// recording that is deleted, or is for others now, shuts with the next one.
type Replay struct {
	ReplayConfig
	signer signer
}

// NewReplay returns the way to the recordings of this node.
func NewReplay(c ReplayConfig) *Replay {
	return &Replay{c, signer{c.Secret, c.Random, replayPurpose, newKnown()}}
}

// Address returns where account, which may be nobody, watches a recording; empty when
// its files are on another node. Whether they may is decided when they ask there.
func (p *Replay) Address(account ident.Account, handle string, r recording.Recording) string {
	if r.Node != p.Node {
		return ""
	}
	_, token := p.signer.mint(ticket{channel: r.Channel, handle: handle, broadcast: r.ID, account: account})
	return "/replay/" + token + "/" + url.PathEscape(handle) + "/" + listFile
}

// listFile is the address's entry.
const listFile = "index.m3u8"

// stored reports whether a name is one of those under which a recording's files are
// stored: N.m4s, init-N.mp4.
func stored(name string) bool {
	number, segment := strings.CutSuffix(name, ".m4s")
	if !segment {
		var begins, ends bool
		number, begins = strings.CutPrefix(name, "init-")
		number, ends = strings.CutSuffix(number, ".mp4")
		if !begins || !ends {
			return false
		}
	}
	return number != "" && strings.Trim(number, "0123456789") == ""
}

// ServeHTTP answers ReplayPattern.
func (p *Replay) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secretAddress(w.Header())
	t, ok := p.signer.read(r.PathValue("token"), r.PathValue("channel"))
	if !ok {
		refuse(w, errInvalid())
		return
	}
	rec, found, err := p.Recordings.Find(r.Context(), t.broadcast)
	switch {
	case err != nil:
		p.Log.Warn("a recording could not be looked up", "error", err)
		refuse(w, access.Unconfirmed().Because(err))
		return
	case !found || rec.Channel != t.channel || rec.Node != p.Node:
		refuse(w, fault.New(fault.Missing, "recording_missing", "There is no such recording."))
		return
	}
	if f := (entrance{p.Gate, p.Caller, p.Now}).refuses(r, t, rec.Actions()...); f != nil {
		refuse(w, f)
		return
	}
	switch file := r.PathValue("file"); {
	case file == listFile:
		p.list(w, rec)
	case stored(file):
		p.file(w, r, rec, file)
	default:
		missing(w)
	}
}

func (p *Replay) list(w http.ResponseWriter, rec recording.Recording) {
	text, err := p.Shelf.Playlist(rec.ID, rec.State == recording.Kept)
	if err != nil {
		p.lost(w, rec, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", playlistType)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	_, _ = io.WriteString(w, text) // a viewer who went away
}

func (p *Replay) file(w http.ResponseWriter, r *http.Request, rec recording.Recording, name string) {
	f, err := p.Shelf.Open(rec.ID, name)
	if err != nil {
		p.lost(w, rec, err)
		return
	}
	defer f.Close() //nolint:errcheck // it was only read
	h := w.Header()
	h.Set("Content-Type", "video/mp4")
	h.Set("Cache-Control", mediaCache)
	http.ServeContent(w, r, "", time.Time{}, f)
}

// lost answers for a file that should be there.
func (p *Replay) lost(w http.ResponseWriter, rec recording.Recording, err error) {
	if errors.Is(err, fs.ErrNotExist) {
		missing(w)
		return
	}
	p.Log.Error("a recording could not be read", "recording", rec.ID, "error", err)
	refuse(w, fault.New(fault.Unavailable, "storage_failed", "The recording cannot be read. Try again later.").Because(err))
}
