// Package util is a sample.
//
// Owns: nothing. Promises: nothing. Does not do: anything.
package util

import _ "strings"
