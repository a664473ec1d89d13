package app

import (
	"maps"
	"net"
	"net/http"

	"github.com/subspace-live/subspace/internal/adapter/api"
	"github.com/subspace-live/subspace/internal/adapter/notify"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/config"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/mail"
)

// lettersPath is where a catcher shows what it caught.
const lettersPath = "/letters"

// letters joins the queue of letters with who carries them. Links in letters
// lead to the server's own address; what a request calls it is not asked.
func (p *parts) letters(s *Server) error {
	cfg := notify.Config{From: s.cfg.MailFrom, Base: s.Address, Now: s.sur.Now, Words: notify.AllWords()}
	out := mail.Config{
		Store: store.UnitOf(s.db, as[mail.OutboxTx]), Now: s.sur.Now,
		Enclose: p.accounts.Enclosures(),
		Failed:  func(k mail.Kind, err error) { s.sur.Log.Warn("letter not sent", "kind", string(k), "err", err) },
	}
	maps.Copy(out.Enclose, p.subscriptions.Enclosures())
	switch s.cfg.SMTPURL {
	case "":
	case config.Catch:
		p.catcher = notify.NewCatcher(cfg)
		out.Carrier = p.catcher
	default:
		server, err := notify.NewSMTP(s.cfg.SMTPURL, cfg)
		if err != nil {
			return err
		}
		out.Carrier = server
	}
	p.background = append(p.background, mail.NewOutbox(out).Run)
	return nil
}

// onlyHere lets through what was asked on this machine under a name that no
// other has: a page from elsewhere can make its own name lead here.
func onlyHere(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		ip := net.ParseIP(host)
		if !direct(r) || (host != "localhost" && (ip == nil || !ip.IsLoopback())) {
			api.WriteProblem(w, fault.New(fault.Missing, "route_missing", "Caught letters are shown on this machine only."))
			return
		}
		next.ServeHTTP(w, r)
	})
}
