// Package app is a sample.
//
// Owns: nothing. Promises: nothing. Does not do: anything.
package app

import (
	_ "github.com/subspace-live/subspace/internal/adapter/bus"
	_ "github.com/subspace-live/subspace/internal/adapter/store"
	_ "github.com/subspace-live/subspace/internal/webui"
)
