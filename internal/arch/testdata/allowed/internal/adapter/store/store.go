// Package store is a sample.
//
// Owns: nothing. Promises: nothing. Does not do: anything.
package store

import (
	_ "database/sql"
	_ "github.com/subspace-live/subspace/internal/adapter/store/inner"
	_ "github.com/subspace-live/subspace/internal/domain/chat"
)

//go:embed *.sql
var migrations string
