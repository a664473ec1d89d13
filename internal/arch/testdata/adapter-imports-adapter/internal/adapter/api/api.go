// Package api is a sample.
//
// Owns: nothing. Promises: nothing. Does not do: anything.
package api

import (
	_ "github.com/subspace-live/subspace/internal/adapter/store"
	_ "github.com/subspace-live/subspace/internal/config"
)
