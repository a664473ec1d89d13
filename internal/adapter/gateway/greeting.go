package gateway

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
)

// stranger is a handshake whose session is not in memory.
type stranger struct {
	answer  http.ResponseWriter
	request *http.Request
	origin  string
	done    func()
}

// greet answers a handshake: at once when the session is in memory, else with
// those who come at the same time.
func (g *Gateway) greet(w http.ResponseWriter, r *http.Request, done func()) {
	origin, ok := g.admit(w, r)
	if !ok {
		done()
		return
	}
	if who, known := g.opt.Recall(r); known {
		g.open(w, r, origin, who)
		done()
		return
	}
	g.strangers.add(stranger{w, r, origin, done})
}

// meet reads the sessions of a group and answers each.
func (g *Gateway) meet(group []stranger) {
	requests := make([]*http.Request, len(group))
	for i, s := range group {
		requests[i] = s.request
	}
	ctx, cancel := context.WithTimeout(g.stop, access.Lease/2)
	defer cancel()
	who, err := g.opt.Learn(ctx, requests)
	for i, s := range group {
		if err != nil {
			g.letGo(s.origin)
			unsure(s.answer)
		} else {
			g.open(s.answer, s.request, s.origin, who[i])
		}
		s.done()
	}
}

// unsure refuses whoever cannot be told apart.
func unsure(w http.ResponseWriter) {
	http.Error(w, "sign-in cannot be checked right now", http.StatusServiceUnavailable)
}

// wish is a visitor who wants to enter a room that is open here, and of whose
// rights nothing is in memory.
type wish struct {
	visitor *visitor
	ask     ask
	subject access.Subject
	since   time.Time
}

// enteringAtOnce is how many people enter before their loop looks at others: about
// 2 ms of making and sending pages.
const enteringAtOnce = 16

// learn reads the rights of a group, then has each try again, or go alone.
func (g *Gateway) learn(group []wish) {
	seen := map[access.Subject]bool{}
	var subjects []access.Subject
	for _, w := range group {
		if !seen[w.subject] {
			seen[w.subject] = true
			subjects = append(subjects, w.subject)
		}
	}
	ctx, cancel := context.WithTimeout(g.stop, access.Lease/2)
	defer cancel()
	err := g.opt.Gate.Learn(ctx, subjects)
	theirs := make([][]*wish, len(g.shares))
	for i := range group {
		of := group[i].visitor.share.index
		theirs[of] = append(theirs[of], &group[i])
	}
	var entering sync.WaitGroup
	for _, s := range g.shares {
		entering.Add(1)
		inTurns(s.loop, theirs[s.index], enteringAtOnce, func(w *wish) {
			if !w.visitor.gone {
				w.grant(err == nil)
			}
		}, entering.Done)
	}
	entering.Wait() // the group's room is used again
}

// grant has the visitor enter, or take the longer way. On the loop.
func (w *wish) grant(known bool) {
	v := w.visitor
	if known {
		if done, _ := v.enterNow(w.ask); done {
			v.next()
			return
		}
	}
	v.serveAside(w.ask, askLimit-v.gateway().opt.Now().Sub(w.since))
}
