// Package config is a sample.
//
// Owns: nothing. Promises: nothing. Does not do: anything.
package config

import _ "github.com/subspace-live/subspace/internal/domain/chat"
