// Package app is a sample.
//
// Owns: nothing. Promises: nothing. Does not do: anything.
package app

func init() {}
