package event

import (
	"encoding/json"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Concerns reports whether an event of a channel's own log may have changed
// anybody's facts.
func Concerns(encoded []byte) bool {
	return !is[OverlayChanged](encoded) && !is[DockRevoked](encoded)
}

// Affected returns whose facts an event of a channel's own log may have changed:
// the account it names, or the empty account, which stands for everybody.
func Affected(encoded []byte) ident.Account {
	env, err := Decode(encoded)
	if err != nil {
		return ""
	}
	var named struct {
		Account ident.Account `json:"account"`
	}
	if json.Unmarshal(env.Data, &named) != nil {
		return ""
	}
	return named.Account
}
