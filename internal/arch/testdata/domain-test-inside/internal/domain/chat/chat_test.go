package chat

import (
	_ "github.com/subspace-live/subspace/internal/adapter/store"
	_ "net/http"
)
