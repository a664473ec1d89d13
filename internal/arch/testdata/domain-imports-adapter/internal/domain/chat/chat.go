// Package chat is a sample.
//
// Owns: nothing. Promises: nothing. Does not do: anything.
package chat

import _ "github.com/subspace-live/subspace/internal/adapter/store"
