// Package access is the one gate: who may do what, and until when.
//
// Owns: grants, blocks, roles as facts, scopes of credentials that are less than
// their person, the pure function Decide, and Gate, which keeps facts in memory for
// the length of a lease. Promises: every door (REST, socket, playlist, segment,
// overlay, dock) asks Decide, and an answer carries the moment at which it stops
// being true. Does not do: reading tables, closing sockets, selling rights.
package access

import (
	"slices"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Action is something a person may or may not do in one channel.
type Action string

// The actions. Each door names the one it guards.
const (
	ReadPublic       Action = "read_public"        // public chat, on air, broadcast state
	PostPublic       Action = "post_public"        // write into the public chat
	ReadSpace        Action = "read_space"         // read the Sub Space and its questions
	PostSpace        Action = "post_space"         // write into the Sub Space
	ReadThread       Action = "read_thread"        // read a thread of the Sub Space
	PostThread       Action = "post_thread"        // write into one
	ReadPlans        Action = "read_plans"         // know of lives that are planned for those inside, also while the room waits for one
	AskQuestion      Action = "ask_question"       // send a question from inside into the queue
	AskPublic        Action = "ask_public"         // send a question from the public room into the queue
	VotePublic       Action = "vote_public"        // vote for a question that was asked in public
	VoteSpace        Action = "vote_space"         // vote for a question that was asked inside
	PollPublic       Action = "poll_public"        // vote in a poll of the public room
	PollSpace        Action = "poll_space"         // vote in a poll of the Sub Space
	ReactPublic      Action = "react_public"       // react to a message of the public chat
	ReactSpace       Action = "react_space"        // react to a message inside, an update among them
	UseEmote         Action = "use_emote"          // write an emote that is for everybody
	UseTierEmote     Action = "use_emote_of"       // write an emote of a tier; decided on the facts from its level on
	WatchLive        Action = "watch_live"         // playlists and segments
	WatchReplay      Action = "watch_replay"       // a recording that is for everybody
	WatchSpaceReplay Action = "watch_space_replay" // one for subscribers
	Moderate         Action = "moderate"           // remove, pin, announce, time out for a short while, write notes
	SkipQuestion     Action = "skip_question"      // take a question out of the queue
	Ban              Action = "ban"                // ban, time out for long, and take such back
	SetManners       Action = "set_manners"        // how rooms are written in: modes, blocked terms
	ReadAudit        Action = "read_audit"         // what staff did
	Appoint          Action = "appoint"            // make and unmake moderators
	RunChannel       Action = "run_channel"        // cockpit: keys, price, switch, moderators, asking a room to choose
	RunQueue         Action = "run_queue"          // put a question on air and take it off, answered or not
	RunPolls         Action = "run_polls"          // see how all polls go, and close them
	KeepDocks        Action = "keep_docks"         // make and revoke addresses of docks
	ReadBusiness     Action = "read_business"      // the channel's own log
	Subscribe        Action = "subscribe"          // open a checkout
	OpenChannel      Action = "open_channel"       // make a new channel (operator)
	Follow           Action = "follow"             // be counted among the channel's followers
)

// Role is what a person is in one channel.
type Role string

// The roles. Moderators and the owner are called staff.
const (
	RoleNone      Role = "none"
	RoleModerator Role = "moderator"
	RoleOwner     Role = "owner"
)

// Staff reports whether the role works in the rooms without paying.
func (r Role) Staff() bool { return r == RoleModerator || r == RoleOwner }

// Grant is a right to a channel's Sub Space with a beginning and an end.
type Grant struct {
	ID      ident.Grant
	Source  string // 'subscription', 'gift', 'comp', 'manual', 'import'
	Starts  time.Time
	Ends    time.Time
	Revoked time.Time // zero while it holds
	Paid    time.Time // until when it is paid for; what follows up to Ends is grace
	Months  int       // of tenure that it is worth at Paid
	Level   int       // of the tier it is for; zero: of none, which opens what every subscriber has
	// Badges is that tier, where it has pictures of its own for badges; empty otherwise.
	Badges ident.Tier
}

// Live reports whether the grant opens the door at now.
func (g Grant) Live(now time.Time) bool {
	return !now.Before(g.Starts) && now.Before(g.Ends) && (g.Revoked.IsZero() || now.Before(g.Revoked))
}

// BlockKind is how a person was shut out.
type BlockKind string

// The kinds of block. Both shut every door of the channel while they last.
const (
	BlockTimeout BlockKind = "timeout"
	BlockBan     BlockKind = "ban"
)

// Block shuts a person out of a channel. Zero Until means for ever.
type Block struct {
	Kind   BlockKind
	Starts time.Time
	Until  time.Time
}

// Standing reports whether the block holds at now.
func (b Block) Standing(now time.Time) bool {
	return !now.Before(b.Starts) && (b.Until.IsZero() || now.Before(b.Until))
}

// LiveAudience is who may watch a channel's broadcasts.
type LiveAudience string

// The audiences of a broadcast.
const (
	LivePublic      LiveAudience = "public"
	LiveSubscribers LiveAudience = "subscribers"
)

// Facts is all that a decision rests on: one person in one channel.
type Facts struct {
	Account  ident.Account // empty: nobody signed in
	Full     bool          // has a credential of its own; false for a light account
	Operator bool
	Role     Role
	Grade    Grade // of a moderator
	Grants   []Grant
	Blocks   []Block
	Follows  time.Time // since when the person follows the channel; zero: they do not

	Channel   ident.Channel
	SpaceOpen bool
	// SpaceLevel is from which level of tier on the Sub Space opens; zero and one: to
	// every subscriber.
	SpaceLevel int
	// LivesOnly: the Sub Space is shut between lives; Live is whether one is on.
	LivesOnly    bool
	Live         bool
	OnSale       bool
	LiveAudience LiveAudience
	// Modes is how the channel's rooms are written in; one that is missing has none.
	Modes map[room.Audience]room.Modes
	// Previews are the rooms in which links are shown with what their pages say.
	Previews room.Previews
	// Scope is of the credential that the person comes by; empty: they come as themselves.
	Scope Scope
	// Terms counts the changes of the channel's blocked terms: whoever has those of
	// the same count has them as they are. Zero: there never were any.
	Terms int64
}

// Subscriber reports whether a grant is live at now, and until when the chain
// of overlapping or touching grants holds.
func (f Facts) Subscriber(now time.Time) (bool, time.Time) {
	until := now
	for again := true; again; {
		again = false
		for _, g := range f.Grants {
			end := g.Ends
			if !g.Revoked.IsZero() && g.Revoked.Before(end) {
				end = g.Revoked
			}
			if !g.Starts.After(until) && end.After(until) {
				until, again = end, true
			}
		}
	}
	if until.Equal(now) {
		return false, time.Time{}
	}
	return true, until
}

// From returns the facts of somebody whose rights to tiers below a level open
// nothing: what is for that level and those above is decided on them.
func (f Facts) From(level int) Facts {
	if level <= 1 {
		return f
	}
	f.Grants = slices.DeleteFunc(slices.Clone(f.Grants), func(g Grant) bool { return g.Level < level })
	return f
}

// LevelMax is the highest level that a tier, a thread or a room can be for.
const LevelMax = 1000

// HighestLevel is the highest level of tier up to which somebody inside may read
// what is for that level and those above.
func HighestLevel(f Facts, now time.Time) int {
	highest := 1
	for _, g := range append(slices.Clone(f.Grants), Grant{Level: LevelMax}) { // staff read what is for any level
		if g.Level > highest && Decide(f.From(g.Level), ReadSpace, now).Allowed {
			highest = g.Level
		}
	}
	return highest
}

// Tenure is how many months the person has had at now, the one that runs among
// them, over all their rights. Months that are paid ahead count as they begin. A
// gap between two rights neither counts nor takes anything away.
func (f Facts) Tenure(now time.Time) int {
	months := 0
	for _, g := range f.Grants {
		if !g.Starts.After(now) {
			months += g.begun(now)
		}
	}
	return months
}

// begun is how many of the grant's months have begun at now.
func (g Grant) begun(now time.Time) int {
	ahead := 0
	for ahead+1 < g.Months && now.Before(monthsBefore(g.Paid, ahead+1)) {
		ahead++
	}
	return g.Months - ahead
}

// monthsBefore is the same day n months earlier, or that month's last day.
func monthsBefore(t time.Time, n int) time.Time {
	first := time.Date(t.Year(), t.Month()-time.Month(n), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}

// Badges is the tier whose pictures a person's badge shows at now: that of the highest
// right which is live, of two as high the younger. Empty: it has none of its own.
func (f Facts) Badges(now time.Time) ident.Tier {
	var best Grant
	found := false
	for _, g := range f.Grants {
		if g.Live(now) && (!found || g.Level > best.Level || (g.Level == best.Level && g.ID > best.ID)) {
			best, found = g, true
		}
	}
	return best.Badges
}

// SubscriberAt reports whether a grant is live at now.
func (f Facts) SubscriberAt(now time.Time) bool {
	paid, _ := f.Subscriber(now)
	return paid
}
