package webrtc

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

// The routes. Register each without a method: what is not allowed is answered here.
const (
	SendPattern  = "/whip"
	SentPattern  = "/whip/{connection}"
	WatchPattern = "/whep/{channel}"
	SeenPattern  = "/whep/{channel}/{connection}"
)

// WatchPath is where a channel's viewers send their offers.
func WatchPath(handle string) string { return "/whep/" + url.PathEscape(handle) }

// Pace is how often one network address may ask for a connection: so many at
// once, and one more each time.
func Pace() (atOnce int, every time.Duration) { return 30, time.Second }

// offerBytes bounds an offer; browsers send about 6 KiB.
const offerBytes = 64 << 10

const offerType = "application/sdp"

// SendTo answers SendPattern: an encoder's offer.
func (s *Server) SendTo(w http.ResponseWriter, r *http.Request) { s.endpoint(w, r, s.publish) }

// WatchAt answers WatchPattern: a viewer's offer.
func (s *Server) WatchAt(w http.ResponseWriter, r *http.Request) { s.endpoint(w, r, s.play) }

// made is a connection that was just opened.
type made struct {
	path, answer string
}

// endpoint answers where connections are made.
func (s *Server) endpoint(w http.ResponseWriter, r *http.Request, open func(r *http.Request, secret, offer string) (made, error)) {
	if preflight(w, r, http.MethodPost) {
		return
	}
	out, err := s.open(w, r, open)
	if err != nil {
		s.refuse(w, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", offerType)
	h.Set("Cache-Control", "no-store")
	h.Set("Location", out.path)
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, out.answer) // the other side may be gone
}

func (s *Server) open(w http.ResponseWriter, r *http.Request, open func(r *http.Request, secret, offer string) (made, error)) (made, error) {
	if s.api == nil {
		return made{}, errOff()
	}
	if r.Method != http.MethodPost {
		return made{}, errMethod
	}
	if err := s.Pace(r); err != nil {
		return made{}, err
	}
	secret := bearer(r)
	if secret == "" {
		return made{}, errNoToken()
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != offerType {
		return made{}, errType
	}
	offer, err := io.ReadAll(http.MaxBytesReader(w, r.Body, offerBytes))
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &tooBig):
		return made{}, errTooLarge
	case err != nil:
		return made{}, errOffer().Because(err)
	}
	return open(r, secret, string(offer))
}

// Resource answers SentPattern and SeenPattern: a connection that was made.
// Whoever ends it shows again what opened it.
func (s *Server) Resource(w http.ResponseWriter, r *http.Request) {
	// New addresses are never needed, and are not taken (PATCH): a server that is
	// ICE-lite waits to be reached.
	if preflight(w, r, http.MethodDelete) {
		return
	}
	if r.Method != http.MethodDelete {
		s.refuse(w, errMethod)
		return
	}
	p := s.peer(r.PathValue("connection"))
	switch secret := bearer(r); {
	case secret == "":
		s.refuse(w, errNoToken())
	case p == nil:
		s.refuse(w, fault.New(fault.Missing, "connection_missing", "This connection is over."))
	case !p.opens(secret):
		s.refuse(w, errToken())
	default:
		p.end(errGoodbye)
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusOK)
	}
}

// preflight sets what pages of other servers need, and answers who asks for just
// that. The only credential that counts from elsewhere is the bearer token, which
// a page has to know.
func preflight(w http.ResponseWriter, r *http.Request, method string) bool {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Location, Retry-After, WWW-Authenticate")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Allow", method+", OPTIONS")
	if r.Method != http.MethodOptions {
		return false
	}
	h.Set("Access-Control-Allow-Methods", method+", OPTIONS")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
	h.Set("Access-Control-Max-Age", "7200")
	if method == http.MethodPost {
		h.Set("Accept-Post", offerType)
	}
	w.WriteHeader(http.StatusNoContent)
	return true
}

// bearer returns the token of a request. Some encoders send it bare.
func bearer(r *http.Request) string {
	given := strings.TrimSpace(r.Header.Get("Authorization"))
	scheme, token, found := strings.Cut(given, " ")
	switch {
	case found && strings.EqualFold(scheme, "Bearer"):
		return strings.TrimSpace(token)
	case found || strings.EqualFold(given, "Bearer"):
		return ""
	}
	return given
}

// status is a refusal that HTTP has a number of its own for.
type status struct {
	code           int
	reason, detail string
}

func (s status) Error() string { return s.reason }

var (
	errMethod   = status{http.StatusMethodNotAllowed, "method_not_allowed", "This address does not do that. The Allow header says what it does."}
	errType     = status{http.StatusUnsupportedMediaType, "content_type", "Send an offer as application/sdp."}
	errTooLarge = status{http.StatusRequestEntityTooLarge, "request_too_large", "The offer is too large."}
)

func errNoToken() error {
	return status{http.StatusUnauthorized, "token_missing", "Send the key or the token in the Authorization header, behind the word Bearer."}
}

func errToken() error {
	return status{http.StatusUnauthorized, "token_wrong", "This token did not open this connection."}
}

func errOffer() *fault.Fault {
	return fault.New(fault.Invalid, "offer_invalid", "The offer cannot be read.")
}

// refuse answers with RFC 9457's form. Nothing about the request is repeated.
func (s *Server) refuse(w http.ResponseWriter, err error) {
	answer, after := statusOf(err)
	if answer.code == http.StatusServiceUnavailable && fault.Of(err) == nil && !errors.Is(err, media.ErrStopped) {
		s.Log.Error("a connection could not be made", "error", err)
	}
	h := w.Header()
	body := map[string]any{
		"type": "about:blank", "title": http.StatusText(answer.code), "status": answer.code, "detail": answer.detail, "reason": answer.reason,
	}
	if after > 0 {
		body["retry_after"] = after
		h.Set("Retry-After", strconv.Itoa(after))
	}
	if answer.code == http.StatusUnauthorized {
		challenge := "Bearer"
		if answer.reason != "token_missing" {
			challenge = `Bearer error="invalid_token"`
		}
		h.Set("WWW-Authenticate", challenge)
	}
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(answer.code)
	_ = json.NewEncoder(w).Encode(body) // the other side may be gone
}

// statusOf gives a refusal its number; after is when to try again, in seconds.
func statusOf(err error) (answer status, after int) {
	if errors.As(err, &answer) {
		return answer, 0
	}
	f := fault.Of(err)
	switch {
	case errors.Is(err, media.ErrStopped):
		f = fault.New(fault.Unavailable, "stopping", "The server is shutting down.")
	case f == nil:
		f = fault.New(fault.Unavailable, "internal", "Something went wrong on the server. Please try again.")
	}
	answer = status{http.StatusServiceUnavailable, f.Reason, f.Detail}
	switch f.Kind {
	case fault.Invalid:
		answer.code = http.StatusUnprocessableEntity
		if f.Reason == "offer_invalid" {
			answer.code = http.StatusBadRequest
		}
	case fault.Denied:
		answer.code = http.StatusForbidden
		if f.Reason == "stream_key_wrong" || f.Reason == "playback_invalid" {
			answer.code = http.StatusUnauthorized
		}
	case fault.Missing:
		answer.code = http.StatusNotFound
	case fault.Conflict:
		answer.code = http.StatusConflict
	case fault.Limited:
		answer.code = http.StatusTooManyRequests
	}
	return answer, int(f.RetryAfter.Seconds() + 0.999)
}
