package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/subspace-live/subspace/internal/adapter/site"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/preview"
)

// links has what is written in rooms with previews looked up, unless the operator
// forbids it.
func (p *parts) links(s *Server) {
	p.channels.Previews = s.cfg.LooksUpLinks()
	if !s.cfg.LooksUpLinks() {
		return
	}
	agent := "Subspace/" + s.sur.Version + " (link previews"
	if s.cfg.PublicURL != "" {
		agent += "; " + s.cfg.PublicURL
	}
	sites := site.NewFetcher(site.Config{
		Agent: agent + ")", Now: s.sur.Now, Permit: s.cfg.RehearsedLinks(),
		Pace: account.NewThrottle(limitOf(site.Pace()), s.sur.Now),
	})
	p.previews = preview.NewService(preview.Config{
		Store: store.UnitOf(s.db, as[preview.Tx]), Fetch: sites.Page, Now: s.sur.Now,
		Pace: account.NewThrottle(limitOf(preview.Pace()), s.sur.Now),
		Lost: func(err error) { s.sur.Log.Warn("a link's preview was not stored", "err", err) },
	})
	p.chat.Written = func(at chat.Place, words string) { p.previews.Offer(at.Address, at.Seq, words) }
	p.background = append(p.background, p.previews.Run)
}

// previewFigures has operators see what became of addresses.
func (p *parts) previewFigures(reg prometheus.Registerer) {
	if p.previews == nil {
		return
	}
	for outcome, of := range map[string]func(preview.Figures) int64{
		"shown": func(f preview.Figures) int64 { return f.Shown }, "nothing": func(f preview.Figures) int64 { return f.Nothing },
		"left": func(f preview.Figures) int64 { return f.Left },
	} {
		reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "subspace_link_previews_total", ConstLabels: prometheus.Labels{"outcome": outcome},
			Help: "Addresses in messages by what became of them: shown; nothing, for the page says nothing or the message was gone; left, for too many came at once.",
		}, func() float64 { return float64(of(p.previews.Figures())) }))
	}
}
