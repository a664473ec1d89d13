package fault_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

func TestRefusalIsFoundInsideAnyError(t *testing.T) {
	cause := errors.New("disk is on fire")
	f := fault.New(fault.Unavailable, "storage_full", "Full by %d.", 7)
	wrapped := fmt.Errorf("post: %w", f.Because(cause).After(time.Second))
	got := fault.Of(wrapped)
	if got == nil || got.Reason != "storage_full" || got.Detail != "Full by 7." || got.RetryAfter != time.Second {
		t.Fatalf("found %+v", got)
	}
	if !errors.Is(wrapped, cause) {
		t.Error("the cause is lost")
	}
	if f.RetryAfter != 0 || f.Unwrap() != nil {
		t.Error("After and Because changed the original")
	}
	if !fault.Is(wrapped, "storage_full") || fault.Is(wrapped, "other") || fault.Is(cause, "storage_full") || fault.Is(nil, "x") {
		t.Error("Is answers wrongly")
	}
	if fault.Of(cause) != nil || fault.Of(nil) != nil {
		t.Error("an accident is taken for a refusal")
	}
}
