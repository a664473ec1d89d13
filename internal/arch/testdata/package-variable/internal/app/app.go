// Package app is a sample.
//
// Owns: nothing. Promises: nothing. Does not do: anything.
package app

import _ "regexp"

var name = regexp.MustCompile("a")

var (
	ErrGood  = error(nil)
	errGood  = error(nil)
	Errors   = 1
	version  string
	a, errAb = 1, 2
)
