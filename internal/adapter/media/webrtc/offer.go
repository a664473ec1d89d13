package webrtc

import (
	"strings"

	pion "github.com/pion/webrtc/v4"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// offered is what an offer holds, as far as it matters.
type offered struct {
	video, audio bool // H.264 and Opus, in the direction asked about
}

// The words of SDP for who sends.
const (
	sends    = "sendonly"
	receives = "recvonly"
	both     = "sendrecv"
	neither  = "inactive"
)

// readOffer looks at an offer before a connection is made of it. way is what the
// other side has to be willing to do.
func readOffer(text, way string) (offered, error) {
	description := pion.SessionDescription{Type: pion.SDPTypeOffer, SDP: text}
	parsed, err := description.Unmarshal()
	if err != nil || len(parsed.MediaDescriptions) == 0 {
		return offered{}, errOffer().Because(err)
	}
	var out offered
	var unplayable []string
	for _, m := range parsed.MediaDescriptions {
		direction := both
		var codecs []string
		for _, a := range m.Attributes {
			switch a.Key {
			case sends, receives, both, neither:
				direction = a.Key
			case "rtpmap":
				if _, codec, ok := strings.Cut(a.Value, " "); ok {
					codecs = append(codecs, strings.ToLower(codec))
				}
			}
		}
		if direction != way && direction != both {
			continue
		}
		var known bool
		var kind *bool
		switch m.MediaName.Media {
		case "video":
			kind, known = &out.video, has(codecs, "h264/90000")
		case "audio":
			kind, known = &out.audio, has(codecs, "opus/48000")
		default:
			continue
		}
		if !known {
			unplayable = append(unplayable, m.MediaName.Media)
			continue
		}
		if *kind {
			return offered{}, fault.New(fault.Invalid, "several_tracks", "The offer holds several tracks of %s. Send one.", m.MediaName.Media)
		}
		*kind = true
	}
	if len(unplayable) > 0 {
		return offered{}, errUnplayable()
	}
	if !out.video {
		return offered{}, fault.New(fault.Invalid, "no_video", "The offer holds no picture. Send H.264 video.")
	}
	return out, nil
}

func has(codecs []string, want string) bool {
	for _, c := range codecs {
		if c == want || strings.HasPrefix(c, want+"/") {
			return true
		}
	}
	return false
}

func errUnplayable() *fault.Fault {
	return fault.New(fault.Invalid, "codec_unsupported",
		"The offer holds a codec that not every player can show. Use H.264 video and Opus audio.")
}
