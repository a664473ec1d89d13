// Command subspace is a sample.
//
// Owns: nothing. Promises: nothing. Does not do: anything.
package main

import (
	"os"

	_ "github.com/subspace-live/subspace/internal/app"
)

func main() { os.Exit(1) }
