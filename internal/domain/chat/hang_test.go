package chat_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// hanging is a database that takes what comes and answers nothing until the
// caller's time is over. The first answers are given before.
type hanging struct {
	mu      sync.Mutex
	answers []error
}

func (h *hanging) Update(ctx context.Context, _ func(chat.Tx) error) error {
	h.mu.Lock()
	if len(h.answers) > 0 {
		first := h.answers[0]
		h.answers = h.answers[1:]
		h.mu.Unlock()
		return first
	}
	h.mu.Unlock()
	<-ctx.Done()
	return ctx.Err()
}

// Many posts wait behind a database that hangs: all of them are answered when
// one batch's time is over, not one after the other.
func TestAHangingDatabaseIsToldToEverybodyAtOnce(t *testing.T) {
	for name, answers := range map[string][]error{
		"from the start":                 nil,
		"while the batch is taken apart": {errors.New("one of them broke the batch")},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := chat.NewService(&hanging{answers: answers}, time.Now, patient{})
				var posts sync.WaitGroup
				began := time.Now()
				for i := range 100 {
					posts.Go(func() {
						_, err := s.Post(t.Context(), chat.Post{
							Address: room.Address{Channel: "c", Audience: room.Public}, Author: "a", Key: fmt.Sprintf("key-%08d", i), Text: "hello",
						})
						if !fault.Is(err, "storage_unavailable") {
							t.Errorf("answered with %v", err)
						}
						if took := time.Since(began); took > 11*time.Second {
							t.Errorf("answered after %v", took)
						}
					})
				}
				synctest.Wait() // all of them wait
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- s.Run(ctx) }()
				posts.Wait()
				stop()
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		})
	}
}
