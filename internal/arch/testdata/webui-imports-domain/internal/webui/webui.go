// Package webui is a sample.
//
// Owns: nothing. Promises: nothing. Does not do: anything.
package webui

import _ "github.com/subspace-live/subspace/internal/domain/chat"
