package payout

import (
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
)

// What the sandbox remembers. It stands here because the store writes it and the
// sandbox reads it, and adapters do not know each other.

// SandboxAccount is a creator's account at the sandbox.
type SandboxAccount struct {
	Ref     string
	Channel ident.Channel
	Kind    SandboxKind
	Created time.Time
}

// SandboxKind is what an account of the sandbox does.
type SandboxKind string

// The kinds: one that is not completed, one that is paid, and one that the bank
// behind it refuses.
const (
	SandboxNew     SandboxKind = "new"
	SandboxGood    SandboxKind = "good"
	SandboxRefuses SandboxKind = "refuses"
)

// SandboxTransfer is a payment of the sandbox to an account.
type SandboxTransfer struct {
	Key     string
	Ref     string
	Account string
	Amount  money.Amount
	Created time.Time
}
