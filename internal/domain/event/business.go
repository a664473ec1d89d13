package event

import "github.com/subspace-live/subspace/internal/domain/ident"

// The payloads of a channel's own log. Each one names the account whose facts
// changed; an empty account means that everybody's may have.

// GrantChanged says that a right was issued, moved its end, or was revoked.
type GrantChanged struct {
	Account ident.Account `json:"account"`
	Grant   ident.Grant   `json:"grant"`
	Source  string        `json:"source"`
	Ends    Time          `json:"ends"`
	Why     string        `json:"why"` // paid, renewed, cancelled, resumed, payment_failed, disputed, ended
}

// EventKind implements Payload.
func (GrantChanged) EventKind() (Kind, int) { return "grant.changed", 1 }

// SanctionImposed says that somebody was timed out or banned.
type SanctionImposed struct {
	Account ident.Account `json:"account"`
	Kind    string        `json:"kind"` // timeout, ban
	Until   *Time         `json:"until,omitempty"`
	Reason  string        `json:"reason"`
	By      ident.Account `json:"by"`
}

// EventKind implements Payload.
func (SanctionImposed) EventKind() (Kind, int) { return "sanction.imposed", 1 }

// SanctionLifted says that a timeout or ban was taken back.
type SanctionLifted struct {
	Account ident.Account `json:"account"`
	By      ident.Account `json:"by"`
}

// EventKind implements Payload.
func (SanctionLifted) EventKind() (Kind, int) { return "sanction.lifted", 1 }

// ModeratorAppointed says that somebody became a moderator.
type ModeratorAppointed struct {
	Account ident.Account `json:"account"`
	By      ident.Account `json:"by"`
}

// EventKind implements Payload.
func (ModeratorAppointed) EventKind() (Kind, int) { return "moderator.appointed", 1 }

// ModeratorRemoved says that somebody is no longer a moderator.
type ModeratorRemoved struct {
	Account ident.Account `json:"account"`
	By      ident.Account `json:"by"`
}

// EventKind implements Payload.
func (ModeratorRemoved) EventKind() (Kind, int) { return "moderator.removed", 1 }

// SettingsChanged says that the channel's settings are others now.
type SettingsChanged struct {
	By ident.Account `json:"by"`
}

// EventKind implements Payload.
func (SettingsChanged) EventKind() (Kind, int) { return "settings.changed", 1 }

// OverlayChanged says that the overlay is set up in another way. Nobody's rights are
// others for it.
type OverlayChanged struct {
	By ident.Account `json:"by"`
}

// EventKind implements Payload.
func (OverlayChanged) EventKind() (Kind, int) { return "overlay.changed", 1 }

// OverlayRevoked says that the old overlay address no longer works.
type OverlayRevoked struct {
	By ident.Account `json:"by"`
}

// EventKind implements Payload.
func (OverlayRevoked) EventKind() (Kind, int) { return "overlay.revoked", 1 }

// DockRevoked says that a dock's address does not work any more. Nobody's rights are
// others for it.
type DockRevoked struct {
	Dock ident.Dock    `json:"dock"`
	By   ident.Account `json:"by"`
}

// EventKind implements Payload.
func (DockRevoked) EventKind() (Kind, int) { return "dock.revoked", 1 }

// RevokedDock returns the dock whose address stopped working with an event of a
// channel's own log; empty for any other event.
func RevokedDock(encoded []byte) ident.Dock {
	if !is[DockRevoked](encoded) {
		return ""
	}
	env, err := Decode(encoded)
	if err != nil {
		return ""
	}
	revoked, _ := As[DockRevoked](env)
	return revoked.Dock
}
