package stripe

import "sync"

// rates remembers tax rates: one that Stripe has named never changes its
// percentage, and every invoice of a country names the same.
type rates struct {
	mu     sync.Mutex
	points map[string]int64
}

// ratesMax bounds the memory; the European Union has fewer than 100 rates.
const ratesMax = 1000

func (r *rates) get(id string) (int64, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	points, known := r.points[id]
	return points, known
}

func (r *rates) put(id string, points int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.points == nil || len(r.points) >= ratesMax {
		r.points = map[string]int64{}
	}
	r.points[id] = points
}
