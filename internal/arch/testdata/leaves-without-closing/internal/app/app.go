// Package app is a sample.
//
// Owns: nothing. Promises: nothing. Does not do: anything.
package app

import (
	"log"
	"os"
)

func run() {
	log.Fatalf("no")
	os.Exit(1)
}
