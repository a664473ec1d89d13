package app

import (
	"context"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/subspace-live/subspace/internal/adapter/api"
	"github.com/subspace-live/subspace/internal/adapter/gateway"
	"github.com/subspace-live/subspace/internal/adapter/media/hls"
	"github.com/subspace-live/subspace/internal/adapter/media/webrtc"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/webui"
)

// routes lists every path the server answers.
func (s *Server) routes() (http.Handler, error) {
	site, err := webui.New(s.head)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", s.onlyOperators(s.metrics()))
	mux.Handle("/api/", s.parts.api.Handler())
	if s.parts.sandbox != nil {
		mux.Handle("POST /api/webhooks/sandbox", s.parts.sandbox.webhook)
	}
	if s.parts.catcher != nil {
		mux.Handle("GET "+lettersPath, onlyHere(s.parts.catcher))
	}
	if s.parts.stripe != nil {
		mux.Handle("POST "+stripePath, s.parts.stripe)
	}
	mux.Handle("GET "+gateway.SocketPath, s.parts.gateway)
	mux.HandleFunc(gateway.StreamPattern, s.parts.gateway.Stream)
	mux.HandleFunc(gateway.ThreadStreamPattern, s.parts.gateway.Stream)
	mux.Handle(hls.Pattern, s.parts.door)
	mux.Handle(hls.ReplayPattern, s.parts.replay)
	mux.HandleFunc(webrtc.SendPattern, s.parts.rtc.SendTo)
	mux.HandleFunc(webrtc.SentPattern, s.parts.rtc.Resource)
	mux.HandleFunc(webrtc.WatchPattern, s.parts.rtc.WatchAt)
	mux.HandleFunc(webrtc.SeenPattern, s.parts.rtc.Resource)
	mux.Handle("/", site)
	return mux, nil
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write([]byte(text + "\n")) //nolint:errcheck // the client may be gone
}

// readyLimit is how long the database may take to answer a readiness check.
const readyLimit = 2 * time.Second

// ready says whether this node can do its whole job right now.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyLimit)
	defer cancel()
	switch {
	case s.db.Ping(ctx) != nil:
		say(w, http.StatusServiceUnavailable, "the database does not answer")
	case !s.bus.Connected():
		say(w, http.StatusServiceUnavailable, "the bus is not connected")
	default:
		say(w, http.StatusOK, "ready")
	}
}

func (s *Server) metrics() http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "subspace_connections", Help: "Open sockets on this node.",
	}, func() float64 { return float64(s.parts.gateway.Connections()) }))
	reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "subspace_bus_lost_total", Help: "Messages to other nodes that the bus did not take; readers of the logs repair them.",
	}, func() float64 { return float64(s.bus.Lost()) }))
	reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "subspace_payment_differences", Help: "What payment providers, rights and books do not agree on; docs/payments.md says what to do.",
	}, func() float64 { return float64(s.parts.differences()) }))
	reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "subspace_webrtc_viewers", Help: "Viewers on this node whose picture comes by WebRTC.",
	}, func() float64 { return float64(s.parts.rtc.Watching()) }))
	s.parts.previewFigures(reg)
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{})
}

// onlyOperators lets loopback and bearers of the metrics token pass. A proxy on
// this machine makes everybody look like loopback, so a forwarded request needs
// the token too.
func (s *Server) onlyOperators(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		known := s.cfg.MetricsToken != "" && subtle.ConstantTimeCompare([]byte(token), []byte(s.cfg.MetricsToken)) == 1
		if !known && !direct(r) {
			api.WriteProblem(w, fault.New(fault.Denied, "metrics_token_required", "Metrics are for this machine, or with the token of --metrics-token."))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// direct reports a request from this machine that no proxy forwarded.
func direct(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(host)
	forwarded := r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != ""
	return err == nil && ip != nil && ip.IsLoopback() && !forwarded
}

// head is what link previews and the tab are told of a page. It holds only what
// everybody may know.
func (s *Server) head(r *http.Request) webui.Head {
	handle, ok := strings.CutPrefix(r.URL.Path, "/c/")
	if !ok {
		return webui.Head{}
	}
	handle, recorded, replay := strings.Cut(strings.TrimSuffix(handle, "/"), "/recordings/")
	c, err := s.parts.channels.ByHandle(r.Context(), handle)
	if err != nil {
		return webui.Head{Missing: fault.Is(err, "channel_missing")}
	}
	title, at := c.Title, "/c/"+c.Handle
	if replay {
		rec, found, err := s.parts.recordings.Find(r.Context(), ident.Broadcast(recorded))
		if err == nil && (!found || rec.Channel != c.ID) {
			return webui.Head{Missing: true}
		}
		if rec.Title != "" {
			title = rec.Title
		}
		at += "/recordings/" + recorded
	} else if b, on, err := s.parts.live.Current(r.Context(), c.ID); err == nil && on && b.Title != "" {
		title = b.Title
	}
	return webui.Head{
		Title: title + " · " + c.OwnerName, Description: c.OwnerName + " on Subspace",
		URL: s.parts.api.Address(r) + at,
	}
}
