// Package chat is a sample.
//
// Owns: nothing. Promises: nothing. Does not do: anything.
package chat

import "time"

func late(t time.Time) bool { return time.Now().After(t) && time.Since(t) > 0 }
