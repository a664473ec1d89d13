package access

import (
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Decision is the gate's answer.
type Decision struct {
	Allowed bool
	// Reason is the machine word of a refusal; empty when allowed.
	Reason string
	// Until is when the answer stops being true by the clock alone; zero means
	// that only a new fact can change it.
	Until time.Time
}

// Fault returns the refusal as a value for the caller, or nil when allowed.
func (d Decision) Fault(now time.Time) *fault.Fault {
	if d.Allowed {
		return nil
	}
	f := fault.New(fault.Denied, d.Reason, "%s", sentence(d.Reason))
	if (d.Reason == "timed_out" || d.Reason == "followers_only") && !d.Until.IsZero() {
		f = f.After(d.Until.Sub(now))
	}
	return f
}

// Decide says whether the person whom f describes may do a at now. It is pure:
// the same facts, action and time give the same answer on every node.
func Decide(f Facts, a Action, now time.Time) Decision {
	if reason := f.Scope.refuses(f, a); reason != "" {
		return Decision{Reason: reason}
	}
	if a == OpenChannel {
		return require(f.Operator, "operators_only")
	}
	if block, shut := standingBlock(f.Blocks, now); shut && f.Role != RoleOwner {
		return Decision{Reason: blockReason(block), Until: block.Until}
	}
	d := decideOpen(f, a, now)
	return d.notPast(nextBlock(f.Blocks, now), f.Role)
}

// ShutOut reports whether the person is shut out at now with no end in sight: whatever
// they are given opens no door of the channel, until staff take the block back.
func ShutOut(f Facts, now time.Time) bool {
	block, shut := standingBlock(f.Blocks, now)
	return shut && block.Until.IsZero() && f.Role != RoleOwner
}

// decideOpen decides for a person who is not shut out.
func decideOpen(f Facts, a Action, now time.Time) Decision {
	signedIn := f.Account != ""
	switch a {
	case ReadPublic:
		return Decision{Allowed: true}
	case PostPublic, AskPublic, PollPublic, ReactPublic: // a question stands in the room's chat too, and a vote is the room's word
		return decideModes(require(signedIn, "sign_in"), f, f.Modes[room.Public], now)
	case PostSpace, PostThread, PollSpace, ReactSpace:
		return decideModes(decideSpace(f, now), f, f.Modes[room.Space], now)
	case VotePublic:
		return require(signedIn, "sign_in")
	case ReadSpace, ReadThread, AskQuestion, VoteSpace:
		return decideSpace(f, now)
	case ReadPlans:
		return decideEntitled(f, now)
	case UseEmote:
		return require(signedIn, "sign_in")
	case UseTierEmote:
		return decidePaid(f, now)
	case Follow:
		return require(signedIn, "sign_in")
	case WatchLive:
		if f.LiveAudience != LiveSubscribers {
			return Decision{Allowed: true}
		}
		return decidePaid(f, now)
	case WatchReplay:
		return Decision{Allowed: true}
	case WatchSpaceReplay:
		return decidePaid(f, now)
	case Moderate, SkipQuestion, KeepDocks:
		return require(f.Role.Staff(), "moderators_only")
	case Ban, SetManners, ReadAudit:
		return graded(f, GradeModerator)
	case Appoint:
		return graded(f, GradeLead)
	case RunChannel, RunQueue, RunPolls, ReadBusiness:
		return require(f.Role == RoleOwner, "owner_only")
	case Subscribe:
		return decideSubscribe(f, now)
	}
	return Decision{Reason: "unknown_action"}
}

func decideSpace(f Facts, now time.Time) Decision {
	d := decideEntitled(f, now)
	if d.Allowed && f.LivesOnly && !f.Live && !f.Role.Staff() {
		return Decision{Reason: "between_lives"}
	}
	return d
}

// decideEntitled says whom the Sub Space is for, whether or not its hours have come.
func decideEntitled(f Facts, now time.Time) Decision {
	if !f.SpaceOpen && f.Role != RoleOwner {
		return Decision{Reason: "space_closed"}
	}
	d := decidePaid(f, now)
	if !d.Allowed || f.Role.Staff() || f.SpaceLevel <= 1 {
		return d
	}
	paid, until := f.From(f.SpaceLevel).Subscriber(now)
	if !paid {
		return Decision{Reason: "tier_too_low"}
	}
	return Decision{Allowed: true, Until: until}
}

func decidePaid(f Facts, now time.Time) Decision {
	if f.Account == "" {
		return Decision{Reason: "sign_in"}
	}
	if f.Role.Staff() {
		return Decision{Allowed: true}
	}
	paid, until := f.Subscriber(now)
	if !paid {
		return Decision{Reason: lapsedReason(f, now)}
	}
	return Decision{Allowed: true, Until: until}
}

// decideModes narrows an allowance to write to those whom the room's modes let
// write. Until of 'followers_only' is when the person has followed long enough.
func decideModes(d Decision, f Facts, m room.Modes, now time.Time) Decision {
	if !d.Allowed || f.Role.Staff() {
		return d
	}
	if m.Subscribers {
		paid := decidePaid(f, now)
		if !paid.Allowed {
			return Decision{Reason: "subscribers_mode"}
		}
		d = d.notPast(paid.Until, f.Role)
	}
	if !m.Followers {
		return d
	}
	if f.Follows.IsZero() {
		return Decision{Reason: "followers_only"}
	}
	if ready := f.Follows.Add(m.FollowedFor); now.Before(ready) {
		return Decision{Reason: "followers_only", Until: ready}
	}
	return d
}

func decideSubscribe(f Facts, now time.Time) Decision {
	switch {
	case f.Account == "":
		return Decision{Reason: "sign_in"}
	case !f.Full:
		return Decision{Reason: "password_required"}
	case !f.OnSale:
		return Decision{Reason: "not_on_sale"}
	case f.Role == RoleOwner:
		return Decision{Reason: "own_channel"}
	}
	return Decision{Allowed: true}
}

// lapsedReason tells a person who once paid from one who never did.
func lapsedReason(f Facts, now time.Time) string {
	for _, g := range f.Grants {
		if !g.Revoked.IsZero() && !now.Before(g.Revoked) {
			return "right_revoked"
		}
		if !now.Before(g.Ends) {
			return "period_ended"
		}
	}
	return "subscribers_only"
}

func require(ok bool, reason string) Decision {
	if ok {
		return Decision{Allowed: true}
	}
	return Decision{Reason: reason}
}

// notPast shortens an allowance to a moment at which it is known to end, such as
// the start of a block. Zero: no such moment.
func (d Decision) notPast(t time.Time, r Role) Decision {
	if d.Allowed && r != RoleOwner && !t.IsZero() && (d.Until.IsZero() || t.Before(d.Until)) {
		d.Until = t
	}
	return d
}

// standingBlock returns the block that lasts longest among those that hold.
func standingBlock(blocks []Block, now time.Time) (Block, bool) {
	var worst Block
	found := false
	for _, b := range blocks {
		if !b.Standing(now) {
			continue
		}
		longer := b.Until.IsZero() || (!worst.Until.IsZero() && b.Until.After(worst.Until))
		if !found || longer {
			worst, found = b, true
		}
	}
	return worst, found
}

func nextBlock(blocks []Block, now time.Time) time.Time {
	var next time.Time
	for _, b := range blocks {
		if b.Starts.After(now) && b.Standing(b.Starts) && (next.IsZero() || b.Starts.Before(next)) {
			next = b.Starts
		}
	}
	return next
}

func blockReason(b Block) string {
	if b.Kind == BlockTimeout {
		return "timed_out"
	}
	return "banned"
}

func sentence(reason string) string {
	switch reason {
	case "sign_in":
		return "Sign in first."
	case "subscribers_only":
		return "This is for subscribers of the channel."
	case "period_ended":
		return "Your subscription's paid period has ended."
	case "right_revoked":
		return "Your subscription no longer opens this room."
	case "subscribers_mode":
		return "Only subscribers write in this room for now."
	case "followers_only":
		return "Only people who follow the channel, and have for long enough, write in this room for now."
	case "tier_too_low":
		return "The Sub Space is for a higher tier than yours."
	case "between_lives":
		return "The Sub Space opens when the creator goes live."
	case "space_closed":
		return "The creator has not opened the Sub Space."
	case "banned":
		return "You are banned from this channel."
	case "timed_out":
		return "You are timed out in this channel."
	case "moderators_only":
		return "Only the channel's moderators and its creator may do this."
	case "grade_required":
		return "This takes a higher grade of moderator than yours."
	case "beyond_dock":
		return "This is not done from a dock. Use the cockpit."
	case "dock_revoked":
		return "This dock's address does not work any more. Make a new one in the cockpit."
	case "owner_only":
		return "Only the channel's creator may do this."
	case "operators_only":
		return "Only an operator of this server may do this."
	case "password_required":
		return "Set a password before you pay, so that your subscription stays yours."
	case "not_on_sale":
		return "This channel does not sell subscriptions yet."
	case "own_channel":
		return "You are already inside your own Sub Space."
	}
	return "This is not allowed."
}
