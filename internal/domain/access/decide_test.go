package access_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/domain/access"
)

// noon is 'now' of the tables; the others stand around it.
func noon() time.Time                 { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }
func hours(n int) time.Time           { return noon().Add(time.Duration(n) * time.Hour) }
func grant(from, to int) access.Grant { return access.Grant{Starts: hours(from), Ends: hours(to)} }

func actions() []access.Action {
	return []access.Action{
		access.ReadPublic, access.PostPublic, access.ReadSpace, access.PostSpace, access.AskQuestion, access.WatchLive,
		access.Moderate, access.RunChannel, access.ReadBusiness, access.Subscribe, access.OpenChannel, access.Follow,
	}
}

// A row gives the reason for each action, in the order above; '+' is yes.
func TestWhoMayDoWhat(t *testing.T) {
	open := access.Facts{Channel: "c", SpaceOpen: true, OnSale: true, LiveAudience: access.LivePublic, Role: access.RoleNone}
	with := func(change func(*access.Facts)) access.Facts {
		f := open
		f.Account, f.Full = "a", true
		change(&f)
		return f
	}
	ban := []access.Block{{Kind: access.BlockBan, Starts: hours(-1)}}
	timeout := []access.Block{{Kind: access.BlockTimeout, Starts: hours(-1), Until: hours(1)}}
	over := []access.Block{{Kind: access.BlockTimeout, Starts: hours(-2), Until: noon()}}
	paid := []access.Grant{grant(-1, 1)}
	const yes = "+"
	for name, c := range map[string]struct {
		facts access.Facts
		want  [12]string
	}{
		"nobody": {open, [12]string{yes, "sign_in", "sign_in", "sign_in", "sign_in", yes, "moderators_only", "owner_only", "owner_only", "sign_in", "operators_only", "sign_in"}},
		"light": {
			with(func(f *access.Facts) { f.Full = false }),
			[12]string{yes, yes, "subscribers_only", "subscribers_only", "subscribers_only", yes, "moderators_only", "owner_only", "owner_only", "password_required", "operators_only", yes},
		},
		"full": {
			with(func(*access.Facts) {}),
			[12]string{yes, yes, "subscribers_only", "subscribers_only", "subscribers_only", yes, "moderators_only", "owner_only", "owner_only", yes, "operators_only", yes},
		},
		"full, nothing on sale": {
			with(func(f *access.Facts) { f.OnSale = false }),
			[12]string{yes, yes, "subscribers_only", "subscribers_only", "subscribers_only", yes, "moderators_only", "owner_only", "owner_only", "not_on_sale", "operators_only", yes},
		},
		"subscriber": {
			with(func(f *access.Facts) { f.Grants = paid }),
			[12]string{yes, yes, yes, yes, yes, yes, "moderators_only", "owner_only", "owner_only", yes, "operators_only", yes},
		},
		"subscriber of a closed space": {
			with(func(f *access.Facts) { f.Grants, f.SpaceOpen = paid, false }),
			[12]string{yes, yes, "space_closed", "space_closed", "space_closed", yes, "moderators_only", "owner_only", "owner_only", yes, "operators_only", yes},
		},
		"subscriber of a private live": {
			with(func(f *access.Facts) { f.Grants, f.LiveAudience = paid, access.LiveSubscribers }),
			[12]string{yes, yes, yes, yes, yes, yes, "moderators_only", "owner_only", "owner_only", yes, "operators_only", yes},
		},
		"full before a private live": {
			with(func(f *access.Facts) { f.LiveAudience = access.LiveSubscribers }),
			[12]string{yes, yes, "subscribers_only", "subscribers_only", "subscribers_only", "subscribers_only", "moderators_only", "owner_only", "owner_only", yes, "operators_only", yes},
		},
		"period over": {
			with(func(f *access.Facts) { f.Grants, f.LiveAudience = []access.Grant{grant(-2, 0)}, access.LiveSubscribers }),
			[12]string{yes, yes, "period_ended", "period_ended", "period_ended", "period_ended", "moderators_only", "owner_only", "owner_only", yes, "operators_only", yes},
		},
		"right revoked": {
			with(func(f *access.Facts) {
				f.Grants = []access.Grant{{Starts: hours(-1), Ends: hours(1), Revoked: noon()}}
			}),
			[12]string{yes, yes, "right_revoked", "right_revoked", "right_revoked", yes, "moderators_only", "owner_only", "owner_only", yes, "operators_only", yes},
		},
		"right not begun": {
			with(func(f *access.Facts) { f.Grants = []access.Grant{grant(1, 2)} }),
			[12]string{yes, yes, "subscribers_only", "subscribers_only", "subscribers_only", yes, "moderators_only", "owner_only", "owner_only", yes, "operators_only", yes},
		},
		"moderator": {
			with(func(f *access.Facts) { f.Role, f.LiveAudience = access.RoleModerator, access.LiveSubscribers }),
			[12]string{yes, yes, yes, yes, yes, yes, yes, "owner_only", "owner_only", yes, "operators_only", yes},
		},
		"moderator of a closed space": {
			with(func(f *access.Facts) { f.Role, f.SpaceOpen = access.RoleModerator, false }),
			[12]string{yes, yes, "space_closed", "space_closed", "space_closed", yes, yes, "owner_only", "owner_only", yes, "operators_only", yes},
		},
		"owner": {
			with(func(f *access.Facts) {
				f.Role, f.SpaceOpen, f.LiveAudience = access.RoleOwner, false, access.LiveSubscribers
			}),
			[12]string{yes, yes, yes, yes, yes, yes, yes, yes, yes, "own_channel", "operators_only", yes},
		},
		"owner whom somebody banned": {
			with(func(f *access.Facts) { f.Role, f.Blocks = access.RoleOwner, ban }),
			[12]string{yes, yes, yes, yes, yes, yes, yes, yes, yes, "own_channel", "operators_only", yes},
		},
		"operator": {
			with(func(f *access.Facts) { f.Operator = true }),
			[12]string{yes, yes, "subscribers_only", "subscribers_only", "subscribers_only", yes, "moderators_only", "owner_only", "owner_only", yes, yes, yes},
		},
		"operator banned here": {
			with(func(f *access.Facts) { f.Operator, f.Blocks = true, ban }),
			[12]string{"banned", "banned", "banned", "banned", "banned", "banned", "banned", "banned", "banned", "banned", yes, "banned"},
		},
		"banned subscriber": {
			with(func(f *access.Facts) { f.Grants, f.Blocks = paid, ban }),
			[12]string{"banned", "banned", "banned", "banned", "banned", "banned", "banned", "banned", "banned", "banned", "operators_only", "banned"},
		},
		"banned moderator": {
			with(func(f *access.Facts) { f.Role, f.Blocks = access.RoleModerator, ban }),
			[12]string{"banned", "banned", "banned", "banned", "banned", "banned", "banned", "banned", "banned", "banned", "operators_only", "banned"},
		},
		"timed out subscriber": {
			with(func(f *access.Facts) { f.Grants, f.Blocks = paid, timeout }),
			[12]string{"timed_out", "timed_out", "timed_out", "timed_out", "timed_out", "timed_out", "timed_out", "timed_out", "timed_out", "timed_out", "operators_only", "timed_out"},
		},
		"timed out, and banned besides": {
			with(func(f *access.Facts) { f.Blocks = append(timeout[:1:1], ban...) }),
			[12]string{"banned", "banned", "banned", "banned", "banned", "banned", "banned", "banned", "banned", "banned", "operators_only", "banned"},
		},
		"timeout over": {
			with(func(f *access.Facts) { f.Grants, f.Blocks = paid, over }),
			[12]string{yes, yes, yes, yes, yes, yes, "moderators_only", "owner_only", "owner_only", yes, "operators_only", yes},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for i, a := range actions() {
				d := access.Decide(c.facts, a, noon())
				got := d.Reason
				if d.Allowed {
					got = yes
				}
				if got != c.want[i] {
					t.Errorf("%s: %s, want %s", a, got, c.want[i])
				}
				if f := d.Fault(noon()); (f == nil) != d.Allowed || (f != nil && (f.Reason != d.Reason || len(f.Detail) < 10)) {
					t.Errorf("%s: as a fault %v", a, f)
				}
			}
		})
	}
	if d := access.Decide(open, "something_new", noon()); d.Allowed {
		t.Error("an action nobody knows is allowed")
	}
}

// An answer says when it stops being true.
func TestDecisionSaysUntilWhen(t *testing.T) {
	base := access.Facts{Account: "a", Full: true, Channel: "c", SpaceOpen: true, Role: access.RoleNone, LiveAudience: access.LiveSubscribers}
	revoked := grant(-1, 5)
	revoked.Revoked = hours(2)
	never := time.Time{}
	for name, c := range map[string]struct {
		grants []access.Grant
		blocks []access.Block
		role   access.Role
		action access.Action
		want   time.Time
	}{
		"one period":                     {[]access.Grant{grant(-1, 3)}, nil, access.RoleNone, access.ReadSpace, hours(3)},
		"watching too":                   {[]access.Grant{grant(-1, 3)}, nil, access.RoleNone, access.WatchLive, hours(3)},
		"periods that touch":             {[]access.Grant{grant(3, 6), grant(-1, 3)}, nil, access.RoleNone, access.ReadSpace, hours(6)},
		"periods that overlap":           {[]access.Grant{grant(-1, 4), grant(2, 6), grant(-3, -2)}, nil, access.RoleNone, access.PostSpace, hours(6)},
		"periods with a gap":             {[]access.Grant{grant(-1, 3), grant(4, 6)}, nil, access.RoleNone, access.ReadSpace, hours(3)},
		"a right that will be revoked":   {[]access.Grant{revoked}, nil, access.RoleNone, access.ReadSpace, hours(2)},
		"a block that is known already":  {[]access.Grant{grant(-1, 3)}, []access.Block{{Kind: access.BlockBan, Starts: hours(1)}}, access.RoleNone, access.ReadSpace, hours(1)},
		"a block ends what has no end":   {nil, []access.Block{{Kind: access.BlockBan, Starts: hours(1)}}, access.RoleModerator, access.ReadSpace, hours(1)},
		"no block ends the owner":        {nil, []access.Block{{Kind: access.BlockBan, Starts: hours(1)}}, access.RoleOwner, access.ReadSpace, never},
		"staff have no end":              {[]access.Grant{grant(-1, 3)}, nil, access.RoleModerator, access.ReadSpace, never},
		"the public room has no end":     {[]access.Grant{grant(-1, 3)}, nil, access.RoleNone, access.ReadPublic, never},
		"a timeout says when it is over": {nil, []access.Block{{Kind: access.BlockTimeout, Starts: hours(-1), Until: hours(2)}}, access.RoleNone, access.PostPublic, hours(2)},
		"the longer of two timeouts": {
			nil,
			[]access.Block{{Kind: access.BlockTimeout, Starts: hours(-1), Until: hours(2)}, {Kind: access.BlockTimeout, Starts: hours(-1), Until: hours(4)}},
			access.RoleNone, access.PostPublic, hours(4),
		},
	} {
		f := base
		f.Grants, f.Blocks, f.Role = c.grants, c.blocks, c.role
		if d := access.Decide(f, c.action, noon()); !d.Until.Equal(c.want) {
			t.Errorf("%s: until %v, want %v (%+v)", name, d.Until, c.want, d)
		}
	}
	f := base
	f.Blocks = []access.Block{{Kind: access.BlockTimeout, Starts: hours(-1), Until: hours(2)}}
	if after := access.Decide(f, access.PostPublic, noon()).Fault(noon()).RetryAfter; after != 2*time.Hour {
		t.Errorf("a timed out person may try again after %v, want 2h", after)
	}
}

// someFacts draws anything that the store could say about a person.
func someFacts(t *rapid.T) access.Facts {
	hour := rapid.IntRange(-6, 6)
	moment := func(name string, orZero bool) time.Time {
		if orZero && rapid.Bool().Draw(t, name+" never") {
			return time.Time{}
		}
		return hours(hour.Draw(t, name))
	}
	f := access.Facts{
		Account: "a", Channel: "c", Full: rapid.Bool().Draw(t, "full"), Operator: rapid.Bool().Draw(t, "operator"),
		SpaceOpen: rapid.Bool().Draw(t, "open"), OnSale: rapid.Bool().Draw(t, "sale"),
		Role:         rapid.SampledFrom([]access.Role{access.RoleNone, access.RoleNone, access.RoleModerator, access.RoleOwner}).Draw(t, "role"),
		LiveAudience: rapid.SampledFrom([]access.LiveAudience{access.LivePublic, access.LiveSubscribers}).Draw(t, "audience"),
		SpaceLevel:   rapid.IntRange(0, 2).Draw(t, "space level"),
		LivesOnly:    rapid.Bool().Draw(t, "lives only"), Live: rapid.Bool().Draw(t, "live"),
	}
	if rapid.IntRange(0, 5).Draw(t, "nobody") == 0 {
		f.Account, f.Full, f.Operator, f.Role = "", false, false, access.RoleNone
		return f
	}
	for range rapid.IntRange(0, 4).Draw(t, "grants") {
		f.Grants = append(f.Grants, access.Grant{
			Starts: moment("starts", false), Ends: moment("ends", false), Revoked: moment("revoked", true), Level: rapid.IntRange(0, 2).Draw(t, "level"),
		})
	}
	for range rapid.IntRange(0, 2).Draw(t, "blocks") {
		kind := rapid.SampledFrom([]access.BlockKind{access.BlockBan, access.BlockTimeout}).Draw(t, "kind")
		f.Blocks = append(f.Blocks, access.Block{Kind: kind, Starts: moment("blocked", false), Until: moment("until", true)})
	}
	return f
}

// What Decide says of the clock is exact: with the same facts the answer holds
// at every moment before Until, and not at Until.
func TestDecisionHoldsExactlyUntilItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := someFacts(t)
		a := rapid.SampledFrom(actions()).Draw(t, "action")
		now := noon().Add(time.Duration(rapid.IntRange(-12, 12).Draw(t, "half hours")) * 30 * time.Minute)
		d := access.Decide(f, a, now)
		if d.Allowed == (d.Reason != "") {
			t.Fatalf("allowed %v with the reason %q", d.Allowed, d.Reason)
		}
		if !d.Allowed {
			return
		}
		for later := now; later.Before(hours(8)); later = later.Add(30 * time.Minute) {
			at := access.Decide(f, a, later)
			before := d.Until.IsZero() || later.Before(d.Until)
			switch {
			case before && !at.Allowed:
				t.Fatalf("%s is allowed at %v until %v, but refused at %v with %s", a, now, d.Until, later, at.Reason)
			case later.Equal(d.Until) && at.Allowed:
				t.Fatalf("%s is allowed at %v until %v, and still allowed then", a, now, d.Until)
			}
		}
		if !d.Until.IsZero() && !d.Until.After(now) {
			t.Fatalf("allowed until %v, which is not after %v", d.Until, now)
		}
	})
}

// Whoever is shut out has no door, whatever they paid; and nobody gains by
// paying less or being less.
func TestBlockBeatsEveryRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := someFacts(t)
		f.Blocks = append(f.Blocks, access.Block{Kind: access.BlockBan, Starts: hours(-1)})
		a := rapid.SampledFrom(actions()).Draw(t, "action")
		if a == access.OpenChannel || f.Role == access.RoleOwner {
			return
		}
		if d := access.Decide(f, a, noon()); d.Allowed {
			t.Fatalf("%s is allowed to somebody who is banned: %+v", a, f)
		}
	})
}

// A ban that holds shuts out for good; what has an end, is over or comes later does not.
func TestWhoIsShutOut(t *testing.T) {
	ban, timeout := access.Block{Kind: access.BlockBan, Starts: hours(-1)}, access.Block{Kind: access.BlockTimeout, Starts: hours(-1), Until: hours(1)}
	later, over := access.Block{Kind: access.BlockBan, Starts: hours(1)}, access.Block{Kind: access.BlockBan, Starts: hours(-2), Until: hours(-1)}
	for name, c := range map[string]struct {
		role   access.Role
		blocks []access.Block
		want   bool
	}{
		"nobody":                  {access.RoleNone, nil, false},
		"banned":                  {access.RoleNone, []access.Block{ban}, true},
		"a moderator, banned":     {access.RoleModerator, []access.Block{ban}, true},
		"the owner":               {access.RoleOwner, []access.Block{ban}, false},
		"timed out":               {access.RoleNone, []access.Block{timeout}, false},
		"timed out and banned":    {access.RoleNone, []access.Block{timeout, ban}, true},
		"banned later, or before": {access.RoleNone, []access.Block{later, over}, false},
	} {
		if got := access.ShutOut(access.Facts{Account: "a", Role: c.role, Blocks: c.blocks}, noon()); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// It is whoever Decide refuses what everybody may, with no end.
func TestWhoIsShutOutIsRefusedWithNoEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := someFacts(t)
		d := access.Decide(f, access.ReadPublic, noon())
		if got := access.ShutOut(f, noon()); got != (!d.Allowed && d.Until.IsZero()) {
			t.Fatalf("shut out: %v, decided %+v of %+v", got, d, f)
		}
	})
}
