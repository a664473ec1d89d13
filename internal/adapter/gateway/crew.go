package gateway

import "sync"

// crewMax bounds the goroutines that wait for databases on behalf of visitors.
const crewMax = 512

// crew does what may take a while, so that no loop waits for it. Jobs wait their
// turn when all hands are busy: of each connection at most one waits here.
type crew struct {
	mu      sync.Mutex
	busy    int
	waiting []func()
	hands   sync.WaitGroup
}

func (c *crew) do(job func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy == crewMax {
		c.waiting = append(c.waiting, job)
		return
	}
	c.busy++
	c.hands.Go(func() { c.work(job) })
}

func (c *crew) work(job func()) {
	for job != nil {
		job()
		job = c.next()
	}
}

func (c *crew) next() (job func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) == 0 {
		c.busy--
		return nil
	}
	job, c.waiting = c.waiting[0], c.waiting[1:]
	return job
}
