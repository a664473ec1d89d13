// Package storetest is a sample.
//
// Owns: nothing. Promises: nothing. Does not do: anything.
package storetest

import (
	_ "github.com/subspace-live/subspace/internal/adapter/store"
	_ "testing"
)
