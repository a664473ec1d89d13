package account

import (
	"sync"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// Limit is a budget of tries: Tries at once, one more every Every.
type Limit struct {
	Tries int
	Every time.Duration
}

// throttleKeys bounds the memory of a throttle. When it is full the budgets that
// have refilled go first, and then any: a flood of keys costs each of them a try.
const throttleKeys = 50_000

// Throttle slows down guessing. Each key has its own budget. It lives on one
// node: n nodes allow n times as much, which argon2id makes harmless.
type Throttle struct {
	limit Limit
	now   func() time.Time
	mu    sync.Mutex
	spent map[string]budget
}

type budget struct {
	left float64
	at   time.Time
}

// NewThrottle returns a throttle with one limit for all keys.
func NewThrottle(l Limit, now func() time.Time) *Throttle {
	return &Throttle{limit: l, now: now, spent: map[string]budget{}}
}

// Take spends one try of key, or refuses with 'too_many_attempts' and a time.
func (t *Throttle) Take(key string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	b, ok := t.spent[key]
	if !ok {
		if len(t.spent) >= throttleKeys {
			t.sweep(now)
		}
		b = budget{left: float64(t.limit.Tries), at: now}
	}
	b = t.refill(b, now)
	if b.left < 1 {
		t.spent[key] = b
		wait := time.Duration((1 - b.left) * float64(t.limit.Every))
		return fault.New(fault.Limited, "too_many_attempts", "Too many attempts. Please wait and try again.").After(wait)
	}
	b.left--
	t.spent[key] = b
	return nil
}

// Restore gives key its whole budget back, after a success.
func (t *Throttle) Restore(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.spent, key)
}

func (t *Throttle) refill(b budget, now time.Time) budget {
	b.left = min(float64(t.limit.Tries), b.left+float64(now.Sub(b.at))/float64(t.limit.Every))
	b.at = now
	return b
}

func (t *Throttle) sweep(now time.Time) {
	for k, b := range t.spent {
		if t.refill(b, now).left >= float64(t.limit.Tries)-0.5 {
			delete(t.spent, k)
		}
	}
	for k := range t.spent {
		if len(t.spent) < throttleKeys {
			return
		}
		delete(t.spent, k)
	}
}
