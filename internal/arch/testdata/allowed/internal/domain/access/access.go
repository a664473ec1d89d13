// Package access is a sample.
//
// Owns: nothing. Promises: nothing. Does not do: anything.
package access

import (
	_ "github.com/subspace-live/subspace/internal/domain/fault"
	_ "github.com/subspace-live/subspace/internal/domain/room"
)
