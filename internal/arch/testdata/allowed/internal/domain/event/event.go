// Package event is a sample.
//
// Owns: nothing. Promises: nothing. Does not do: anything.
package event

import _ "encoding/json"
