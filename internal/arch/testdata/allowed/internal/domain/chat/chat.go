// Package chat is a sample.
//
// Owns: nothing. Promises: nothing. Does not do: anything.
package chat

import (
	_ "context"
	_ "github.com/subspace-live/subspace/internal/domain/access"
	_ "github.com/subspace-live/subspace/internal/domain/event"
	_ "golang.org/x/text/unicode/norm"
)

// ErrEmpty is an error.
var ErrEmpty = error(nil)

var _ = ErrEmpty
