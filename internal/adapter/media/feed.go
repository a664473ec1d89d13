package media

import "sync"

// feed passes the frames of the newest take to an output and refuses those of
// older ones, however late they come.
type feed struct {
	open func() Output

	mu     sync.Mutex
	out    Output // nil before the first take
	take   int64
	closed bool
}

func (f *feed) begin(take int64, format Format) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return ErrWithdrawn
	}
	if take <= f.take {
		return ErrDisplaced
	}
	if f.out == nil {
		f.out = f.open()
	}
	f.take = take
	return f.out.Begin(format, take)
}

func (f *feed) write(take int64, write func(Output) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return ErrWithdrawn
	}
	if take != f.take {
		return ErrDisplaced
	}
	return write(f.out)
}

func (f *feed) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed && f.out != nil {
		f.out.Close()
	}
	f.closed = true
}
