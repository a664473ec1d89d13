// Package chat is a sample.
//
// Owns: nothing. Promises: nothing. Does not do: anything.
package chat

import (
	_ "database/sql"
	_ "encoding/json"
	_ "github.com/jackc/pgx/v5"
	_ "net/http"
)
