// Package karaoke is a sample.
//
// Owns: nothing. Promises: nothing. Does not do: anything.
package karaoke

import _ "github.com/subspace-live/subspace/internal/domain/fault"
