// Package main is a sample.
//
// Owns: nothing. Promises: nothing. Does not do: anything.
package main

import _ "github.com/subspace-live/subspace/internal/adapter/store"
