package webrtc

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	pion "github.com/pion/webrtc/v4"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// viewer is somebody's connection that watches.
type viewer struct {
	*peer
	ticket media.Ticket
	output *output

	confirmed time.Time // when it was last known that they may watch

	queue        chan burst
	behind       atomic.Bool // something did not fit into queue
	video, audio *pion.TrackLocalStaticRTP
}

// queueMax is how many pictures and stretches of sound wait for one viewer, about
// two seconds. What does not fit is left out, until the next whole picture.
const queueMax = 160

// play lets somebody watch with a playback token.
func (s *Server) play(r *http.Request, secret, offer string) (made, error) {
	handle := r.PathValue("channel")
	ticket, err := s.Door.Admit(r, secret, handle)
	if err != nil {
		return made{}, err
	}
	o, err := s.watched(ticket)
	if err != nil {
		return made{}, err
	}
	if _, err := readOffer(offer, receives); err != nil {
		return made{}, err
	}
	p, err := s.newPeer(secret, s.Log.With("channel", ticket.Channel, "remote", r.RemoteAddr))
	if err != nil {
		return made{}, err
	}
	v := &viewer{peer: p, ticket: ticket, output: o, confirmed: s.Now(), queue: make(chan burst, queueMax)}
	if err := s.seat(v); err != nil {
		p.close()
		return made{}, err
	}
	answer, err := v.prepare(r.Context(), offer)
	if err == nil {
		err = s.begin(p, v.serve)
	}
	if err != nil {
		s.unseat(v)
		p.close()
		return made{}, err
	}
	s.Recheck() // the right may have ended between the gate and the seat
	return made{path: WatchPath(handle) + "/" + p.id, answer: answer}, nil
}

// watched returns the output that a ticket is for.
func (s *Server) watched(t media.Ticket) (*output, error) {
	s.mu.Lock()
	o := s.outputs[t.Channel]
	s.mu.Unlock()
	if o == nil || o.broadcast.ID != t.Broadcast {
		return nil, fault.New(fault.Missing, reasonOffline, "This broadcast is not being sent.")
	}
	if why := o.reason(); why != "" {
		return nil, fault.New(fault.Conflict, why, "This broadcast cannot be watched by WebRTC. Its playlist plays it.")
	}
	return o, nil
}

// seat counts a viewer. Whoever plays the same once more takes their own place.
func (s *Server) seat(v *viewer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for other := range s.viewers {
		if other.ticket.Session == v.ticket.Session {
			other.end(errNewer)
			delete(s.viewers, other)
		}
	}
	if len(s.viewers) >= s.Viewers {
		return fault.New(fault.Unavailable, reasonFull, "As many watch by WebRTC as this server takes. The playlist plays for everybody.")
	}
	s.viewers[v] = struct{}{}
	return nil
}

// SignedOut ends what is watched by a session that was signed out. It does not block.
func (s *Server) SignedOut(by ident.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for v := range s.viewers {
		if by != "" && v.ticket.SignedIn == by {
			v.end(errSignedOut)
		}
	}
}

func (s *Server) unseat(v *viewer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.viewers, v)
}

// judge ends the connection of a viewer who may not watch any more. asked is when the
// question was put that err answers.
func (v *viewer) judge(err error, asked, now time.Time) {
	f := fault.Of(err)
	switch {
	case err == nil:
		v.confirmed = asked
	case f == nil || f.Kind == fault.Unavailable:
		if now.Sub(v.confirmed) >= access.Lease {
			v.end(err)
		}
	default:
		v.end(err)
	}
}

// prepare agrees on tracks with the viewer.
func (v *viewer) prepare(ctx context.Context, offer string) (string, error) {
	v.output.mu.Lock()
	profile, sounds := v.output.profile, v.output.sounds
	v.output.mu.Unlock()
	var err error
	picture := pion.RTPCodecCapability{MimeType: pion.MimeTypeH264, ClockRate: videoRate, SDPFmtpLine: videoFormat(profile)}
	if v.video, err = v.add(picture, "video"); err != nil {
		return "", err
	}
	if sounds {
		if v.audio, err = v.add(sound(), "audio"); err != nil {
			return "", err
		}
	}
	return v.answer(ctx, offer)
}

// add makes a track and hears what its receiver says of it.
func (v *viewer) add(codec pion.RTPCodecCapability, id string) (*pion.TrackLocalStaticRTP, error) {
	track, err := pion.NewTrackLocalStaticRTP(codec, id, string(v.ticket.Channel))
	if err != nil {
		return nil, err
	}
	t, err := v.pc.AddTransceiverFromTrack(track, pion.RTPTransceiverInit{Direction: pion.RTPTransceiverDirectionSendonly})
	if err != nil {
		return nil, err
	}
	v.spawn(func() { v.feedback(t.Sender()) })
	return track, nil
}

// pleaEvery is how often one viewer may ask for a whole picture: each costs
// everybody a little of the others.
const pleaEvery = 2 * time.Second

// feedback reads until the connection ends; who lost pictures says so here.
func (v *viewer) feedback(sender *pion.RTPSender) {
	var last time.Time
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			switch p.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				if now := time.Now(); now.Sub(last) >= pleaEvery {
					last = now
					v.output.server.wantKey(v.ticket.Channel)
				}
			}
		}
	}
}

// serve is the life of a viewer's connection.
func (v *viewer) serve(context.Context) {
	s := v.output.server
	defer s.unseat(v)
	v.meet(s.Limits.Connect)
	if v.cause() == nil {
		if err := v.output.join(v); err != nil {
			v.end(err)
		}
		defer v.output.leave(v)
		s.wantKey(v.ticket.Channel)
		v.write()
	}
	v.log.Debug("a viewer left", "why", v.cause())
}

// offer gives the viewer a burst without waiting. It is called under the output's
// lock.
func (v *viewer) offer(b burst) {
	select {
	case v.queue <- b:
	default:
		v.behind.Store(true)
	}
}

// write sends what comes, from the first whole picture on, until the connection ends.
func (v *viewer) write() {
	keyed := false
	var pictures, sounds uint16
	for {
		select {
		case <-v.done:
			return
		case b := <-v.queue:
			if v.behind.CompareAndSwap(true, false) {
				keyed = false
				v.output.server.wantKey(v.ticket.Channel)
			}
			switch {
			case b.video && !keyed && !b.key:
			case b.video:
				keyed = true
				send(v.video, b, &pictures)
			case v.audio != nil:
				send(v.audio, b, &sounds)
			}
		}
	}
}

// send numbers the packets of a burst for one viewer. The network's errors end the
// connection elsewhere.
func send(track *pion.TrackLocalStaticRTP, b burst, number *uint16) {
	for _, shared := range b.packets {
		p := rtp.Packet{Header: shared.Header, Payload: shared.Payload}
		p.SequenceNumber = *number
		*number++
		_ = track.WriteRTP(&p)
	}
}
