package access_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// everyAction reads the actions from where they are declared, so that one that somebody
// adds is asked about too.
func everyAction(t *testing.T) (all []access.Action) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "access.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, is := n.(*ast.ValueSpec)
		if !is {
			return true
		}
		if of, is := spec.Type.(*ast.Ident); is && of.Name == "Action" {
			word, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, access.Action(word))
		}
		return true
	})
	if len(all) < 30 {
		t.Fatalf("access.go declares %d actions: is it read rightly?", len(all))
	}
	return all
}

func docked(f access.Facts) access.Facts {
	return f.Within(access.Scope{Dock: "d", Channel: f.Channel, Role: f.Role})
}

// A dock does what is listed here and nothing else, whatever its maker may.
func TestADockDoesWhatItIsFor(t *testing.T) {
	may := []access.Action{
		access.ReadPublic, access.PostPublic, access.ReadSpace, access.PostSpace, access.UseEmote, access.UseTierEmote, access.RunQueue, access.SkipQuestion, access.RunPolls,
	}
	owner := access.Facts{Account: "a", Full: true, Operator: true, Role: access.RoleOwner, Channel: "c", SpaceOpen: true, OnSale: true}
	for _, a := range append(everyAction(t), "an action of tomorrow", "") {
		d := access.Decide(docked(owner), a, noon())
		switch {
		case slices.Contains(may, a) && !d.Allowed:
			t.Errorf("%s: %s", a, d.Reason)
		case !slices.Contains(may, a) && (d.Allowed || d.Reason != "beyond_dock"):
			t.Errorf("%s: %+v", a, d)
		}
	}
}

// It never does more than its maker: whatever refuses them, or ends, does so by a dock.
func TestADockDoesNoMoreThanItsMaker(t *testing.T) {
	base := access.Facts{Account: "a", Full: true, Channel: "c", SpaceOpen: true, OnSale: true}
	with := func(change func(*access.Facts)) access.Facts {
		f := base
		change(&f)
		return f
	}
	for name, f := range map[string]access.Facts{
		"moderator":                   with(func(f *access.Facts) { f.Role = access.RoleModerator }),
		"moderator of a closed space": with(func(f *access.Facts) { f.Role, f.SpaceOpen = access.RoleModerator, false }),
		"banned moderator": with(func(f *access.Facts) {
			f.Role, f.Blocks = access.RoleModerator, []access.Block{{Kind: access.BlockBan, Starts: hours(-1)}}
		}),
		"moderator who will be timed out": with(func(f *access.Facts) {
			f.Role, f.Blocks = access.RoleModerator, []access.Block{{Kind: access.BlockTimeout, Starts: hours(1), Until: hours(2)}}
		}),
		"owner": with(func(f *access.Facts) { f.Role = access.RoleOwner }),
	} {
		for _, a := range everyAction(t) {
			self, by := access.Decide(f, a, noon()), access.Decide(docked(f), a, noon())
			if by.Allowed && by != self {
				t.Errorf("%s, %s: %+v by a dock, and %+v", name, a, by, self)
			}
		}
	}
}

// It opens one channel, while its maker is there what they were.
func TestADockEndsWithItsRoleAndItsChannel(t *testing.T) {
	owner := access.Facts{Account: "a", Full: true, Role: access.RoleOwner, Channel: "c", SpaceOpen: true}
	for name, c := range map[string]struct {
		scope access.Scope
		want  string
	}{
		"another channel":              {access.Scope{Dock: "d", Channel: "other", Role: access.RoleOwner}, "beyond_dock"},
		"made as a moderator":          {access.Scope{Dock: "d", Channel: "c", Role: access.RoleModerator}, "dock_revoked"},
		"of no dock":                   {access.Scope{Channel: "c", Role: access.RoleNone}, "dock_revoked"},
		"of no channel and no role":    {access.Scope{Dock: "d"}, "beyond_dock"},
		"another channel and no roles": {access.Scope{Dock: "d", Channel: "other"}, "beyond_dock"},
	} {
		for _, a := range everyAction(t) {
			if d := access.Decide(owner.Within(c.scope), a, noon()); d.Allowed || d.Reason != c.want {
				t.Errorf("%s, %s: %+v", name, a, d)
			}
		}
	}
	dismissed := access.Facts{Account: "a", Full: true, Role: access.RoleNone, Channel: "c", SpaceOpen: true, Grants: []access.Grant{grant(-1, 1)}}
	scope := access.Scope{Dock: "d", Channel: "c", Role: access.RoleModerator}
	if d := access.Decide(dismissed.Within(scope), access.ReadPublic, noon()); d.Reason != "dock_revoked" {
		t.Errorf("whoever is dismissed and subscribes still reads by it: %+v", d)
	}
}

type onePerson struct{ facts access.Facts }

func (r onePerson) Facts(_ context.Context, subjects []access.Subject) (map[access.Subject]access.Facts, error) {
	out := map[access.Subject]access.Facts{}
	for _, s := range subjects {
		out[s] = r.facts
	}
	return out, nil
}

func (onePerson) LockLogs(context.Context, ...ident.Channel) error { return nil }

// Whatever is asked in the context of a dock is answered within it, from memory, from
// the database and inside of transactions; what is remembered is of nobody's scope.
func TestTheGateAnswersWithinTheScope(t *testing.T) {
	owner := access.Facts{Account: "a", Full: true, Role: access.RoleOwner, Channel: "c", SpaceOpen: true}
	read := onePerson{owner}
	gate := access.NewGate(read, noon)
	s := access.Subject{Account: "a", Channel: "c"}
	scope := access.Scope{Dock: "d", Channel: "c", Role: access.RoleOwner}
	by := access.Within(t.Context(), scope)
	for range 2 { // read, and remembered
		if d, err := gate.Decide(by, s, access.RunChannel); err != nil || d.Reason != "beyond_dock" {
			t.Errorf("by the dock: %+v %v", d, err)
		}
		if _, err := gate.Allow(by, s, access.RunQueue); err != nil {
			t.Error(err)
		}
		if d, err := gate.Decide(t.Context(), s, access.RunChannel); err != nil || !d.Allowed {
			t.Errorf("as themselves: %+v %v", d, err)
		}
	}
	if f, err := gate.Facts(by, s); err != nil || f.Scope != scope {
		t.Errorf("facts %+v %v", f.Scope, err)
	}
	if d, known := gate.Known(s, access.RunChannel); !known || !d.Allowed {
		t.Errorf("what is remembered is within a scope: %+v", d)
	}
	if f, err := access.FactsOf(by, read, s); err != nil || f.Scope != scope {
		t.Errorf("inside of a transaction %+v %v", f.Scope, err)
	}
	if _, err := access.AllowIn(by, read, s, access.RunChannel, noon()); reason(err) != "beyond_dock" {
		t.Errorf("inside of a transaction: %v", err)
	}
	if access.ScopeOf(t.Context()) != (access.Scope{}) || access.ScopeOf(by) != scope {
		t.Error("a context says another scope than it has")
	}
}

// What anybody may read stays readable by a dock on old facts, and nothing beyond it.
func TestOldFactsAreWithinTheScopeToo(t *testing.T) {
	owner := access.Facts{Account: "a", Full: true, Role: access.RoleOwner, Channel: "c"}
	broken := &breaking{onePerson: onePerson{owner}}
	now := noon()
	gate := access.NewGate(broken, func() time.Time { return now })
	s := access.Subject{Account: "a", Channel: "c"}
	by := access.Within(t.Context(), access.Scope{Dock: "d", Channel: "c", Role: access.RoleOwner})
	if _, err := gate.Allow(by, s, access.ReadPublic); err != nil {
		t.Fatal(err)
	}
	broken.broken, now = true, now.Add(access.Lease)
	if _, err := gate.Allow(by, s, access.ReadPublic); err != nil {
		t.Errorf("the public room: %v", err)
	}
	if _, err := gate.Allow(by, s, access.WatchLive); reason(err) != "unconfirmed" {
		t.Errorf("the live: %v", err)
	}
}

type breaking struct {
	onePerson
	broken bool
}

func (b *breaking) Facts(ctx context.Context, s []access.Subject) (map[access.Subject]access.Facts, error) {
	if b.broken {
		return nil, context.DeadlineExceeded
	}
	return b.onePerson.Facts(ctx, s)
}

func reason(err error) string {
	if f := fault.Of(err); f != nil {
		return f.Reason
	}
	return ""
}
