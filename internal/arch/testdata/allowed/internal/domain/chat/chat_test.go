package chat_test

import (
	_ "encoding/json"
	_ "github.com/subspace-live/subspace/internal/adapter/bus"
	_ "github.com/subspace-live/subspace/internal/adapter/store/storetest"
)
