// Package api is a sample.
//
// Owns: nothing. Promises: nothing. Does not do: anything.
package api

import (
	_ "database/sql"
	_ "github.com/nats-io/nats.go"
)
