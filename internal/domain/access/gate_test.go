package access_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

// desk is where facts are read from; a test says what it answers and when.
type desk struct {
	mu    sync.Mutex
	facts map[access.Subject]access.Facts
	down  error
	reads int
	// hold, when not nil, is called in the middle of a read.
	hold func()
}

func (d *desk) Facts(_ context.Context, subjects []access.Subject) (map[access.Subject]access.Facts, error) {
	d.mu.Lock()
	d.reads++
	out := map[access.Subject]access.Facts{}
	for _, s := range subjects {
		if f, ok := d.facts[s]; ok {
			out[s] = f
		}
	}
	down, hold := d.down, d.hold
	d.mu.Unlock()
	if hold != nil {
		hold()
	}
	return out, down
}

func (d *desk) set(s access.Subject, f access.Facts) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f.Account, f.Channel = s.Account, s.Channel
	d.facts[s] = f
}

func (d *desk) count() int { d.mu.Lock(); defer d.mu.Unlock(); return d.reads }

// clock stands until a test moves it.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time          { c.mu.Lock(); defer c.mu.Unlock(); return c.at }
func (c *clock) Advance(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

func subscriber() access.Subject { return access.Subject{Account: "a", Channel: "c"} }

func inside() access.Facts {
	return access.Facts{SpaceOpen: true, Role: access.RoleNone, Grants: []access.Grant{grant(-1, 100)}}
}

func newGate() (*access.Gate, *desk, *clock) {
	d, c := &desk{facts: map[access.Subject]access.Facts{}}, &clock{at: noon()}
	d.set(subscriber(), inside())
	return access.NewGate(d, c.Now), d, c
}

func mayRead(t *testing.T, g *access.Gate, s access.Subject) bool {
	t.Helper()
	d, err := g.Decide(t.Context(), s, access.ReadSpace)
	if err != nil {
		t.Fatal(err)
	}
	return d.Allowed
}

// Facts open doors for a lease and not a moment longer.
func TestFactsAreBelievedForOneLease(t *testing.T) {
	g, d, c := newGate()
	for range 10 {
		if !mayRead(t, g, subscriber()) {
			t.Fatal("the subscriber is refused")
		}
	}
	if d.count() != 1 {
		t.Errorf("%d reads within a lease, want 1", d.count())
	}
	d.set(subscriber(), access.Facts{SpaceOpen: true})
	c.Advance(access.Lease - time.Millisecond)
	if !mayRead(t, g, subscriber()) {
		t.Error("read again within the lease")
	}
	c.Advance(time.Millisecond)
	if mayRead(t, g, subscriber()) {
		t.Error("old facts opened a door after the lease")
	}
}

// The clock closes a door within the lease too: Decide is asked each time.
func TestGrantEndsWithinALease(t *testing.T) {
	g, d, c := newGate()
	f := inside()
	f.Grants[0].Ends = noon().Add(time.Second)
	d.set(subscriber(), f)
	if !mayRead(t, g, subscriber()) {
		t.Fatal("refused within the period")
	}
	c.Advance(time.Second)
	if mayRead(t, g, subscriber()) {
		t.Error("allowed after the period ended")
	}
}

func TestForgottenFactsAreReadAgain(t *testing.T) {
	other := access.Subject{Account: "b", Channel: "c"}
	elsewhere := access.Subject{Account: "a", Channel: "d"}
	for name, c := range map[string]struct {
		forget access.Subject
		reads  int
	}{
		"one person":           {subscriber(), 1},
		"everybody of channel": {access.Subject{Channel: "c"}, 2},
		"another channel":      {access.Subject{Channel: "x"}, 0},
	} {
		g, d, _ := newGate()
		d.set(other, inside())
		d.set(elsewhere, inside())
		ask := func() {
			for _, s := range []access.Subject{subscriber(), other, elsewhere} {
				mayRead(t, g, s)
			}
		}
		ask()
		before := d.count()
		g.Forget(c.forget)
		ask()
		if n := d.count() - before; n != c.reads {
			t.Errorf("forgetting %s: %d reads, want %d", name, n, c.reads)
		}
	}
}

// A read that began before a change was told may be older than the change: it
// answers its own caller and is not kept.
func TestReadThatRacesAForgetIsNotKept(t *testing.T) {
	g, d, _ := newGate()
	d.hold = func() { // the right is revoked while the read is under way
		d.hold = nil
		d.set(subscriber(), access.Facts{SpaceOpen: true})
		g.Forget(subscriber())
	}
	mayRead(t, g, subscriber())
	if mayRead(t, g, subscriber()) {
		t.Error("facts read before the change opened a door after it")
	}
}

// Renewing must not bring back what a change has overtaken either.
func TestRenewThatRacesAForgetIsNotKept(t *testing.T) {
	g, d, _ := newGate()
	mayRead(t, g, subscriber())
	d.hold = func() {
		d.hold = nil
		d.set(subscriber(), access.Facts{SpaceOpen: true})
		g.Forget(access.Subject{Channel: "c"})
	}
	if _, err := g.Renew(t.Context(), []access.Subject{subscriber()}); err != nil {
		t.Fatal(err)
	}
	if mayRead(t, g, subscriber()) {
		t.Error("the renewed facts were older than the change")
	}
}

// An older read that comes back late does not replace a newer one.
func TestSlowReadDoesNotReplaceANewerOne(t *testing.T) {
	g, d, c := newGate()
	began, finish := make(chan struct{}), make(chan struct{})
	d.hold = func() { close(began); <-finish }
	done := make(chan error, 1)
	go func() {
		_, err := g.Facts(context.Background(), subscriber())
		done <- err
	}()
	<-began
	d.mu.Lock()
	d.hold = nil
	d.mu.Unlock()
	c.Advance(time.Second)
	d.set(subscriber(), access.Facts{SpaceOpen: true})
	if mayRead(t, g, subscriber()) {
		t.Fatal("the second read answers with the facts of the first")
	}
	close(finish)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if mayRead(t, g, subscriber()) {
		t.Error("the slow read replaced the newer one")
	}
}

// Without a reading of rights private doors are shut and say so; what anybody
// may read stays open on old facts, but not for those who are shut out.
func TestWithoutTheDatabaseOnlyThePublicStaysOpen(t *testing.T) {
	for name, down := range map[string]error{
		"an accident": errors.New("connection refused"),
		"a refusal":   fault.New(fault.Unavailable, "storage_unavailable", "The server cannot reach its database right now."),
		"no answer":   context.DeadlineExceeded,
	} {
		t.Run(name, func(t *testing.T) { withoutTheDatabase(t, down) })
	}
}

func withoutTheDatabase(t *testing.T, down error) {
	g, d, c := newGate()
	nobody := access.Subject{Channel: "c"}
	banned := access.Subject{Account: "b", Channel: "c"}
	d.set(nobody, access.Facts{SpaceOpen: true, LiveAudience: access.LivePublic})
	d.set(banned, access.Facts{SpaceOpen: true, Blocks: []access.Block{{Kind: access.BlockBan, Starts: hours(-1)}}})
	for _, s := range []access.Subject{subscriber(), nobody, banned} {
		mayRead(t, g, s)
	}
	d.mu.Lock()
	d.down = down
	d.mu.Unlock()
	if !mayRead(t, g, subscriber()) {
		t.Error("the lease ended early")
	}
	c.Advance(access.Lease)
	for _, q := range []struct {
		who  access.Subject
		act  access.Action
		want string
	}{
		{subscriber(), access.ReadSpace, "unconfirmed"},
		{subscriber(), access.PostSpace, "unconfirmed"},
		{subscriber(), access.PostPublic, "unconfirmed"},
		{subscriber(), access.ReadPublic, ""},
		{subscriber(), access.WatchLive, ""},
		{nobody, access.ReadPublic, ""},
		{nobody, access.ReadBusiness, "unconfirmed"},
		{banned, access.ReadPublic, "unconfirmed"},
		{access.Subject{Account: "stranger", Channel: "c"}, access.ReadPublic, "unconfirmed"},
	} {
		_, err := g.Allow(t.Context(), q.who, q.act)
		if f := fault.Of(err); (f == nil) != (q.want == "") || (f != nil && f.Reason != q.want) {
			t.Errorf("%v %s: %v, want %q", q.who, q.act, err, q.want)
		}
	}
	d.mu.Lock()
	d.down = nil
	d.mu.Unlock()
	if !mayRead(t, g, subscriber()) {
		t.Error("the door stays shut after the database came back")
	}
}

// A database that hangs is waited for by one; who comes to a public room after
// that is let in from memory, until somebody tries again or finds it well.
func TestNobodyWaitsAtAPublicDoorForWhatIsKnownToHang(t *testing.T) {
	g, d, c := newGate()
	nobody := access.Subject{Channel: "c"}
	d.set(nobody, access.Facts{SpaceOpen: true})
	reads := func(want int, when string) {
		t.Helper()
		before := d.count()
		if _, err := g.Allow(t.Context(), nobody, access.ReadPublic); err != nil {
			t.Errorf("%s: %v", when, err)
		}
		if n := d.count() - before; n != want {
			t.Errorf("%s: %d reads, want %d", when, n, want)
		}
	}
	down := func(err error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.down = err
	}
	reads(1, "at first")
	c.Advance(access.Lease)
	down(context.Canceled)
	reads(1, "when somebody went away")
	reads(1, "after somebody went away")
	down(context.DeadlineExceeded)
	reads(1, "when it hangs")
	reads(0, "when that is known")
	c.Advance(access.Lease)
	reads(1, "a lease later")
	down(nil)
	reads(0, "before anybody knows that it is well")
	if !mayRead(t, g, subscriber()) {
		t.Error("a private door does not ask")
	}
	c.Advance(access.Lease)
	reads(1, "when it is well")
}

func TestPrivateLiveIsNotOpenOnOldFacts(t *testing.T) {
	g, d, c := newGate()
	f := inside()
	f.LiveAudience = access.LiveSubscribers
	d.set(subscriber(), f)
	mayRead(t, g, subscriber())
	c.Advance(access.Lease)
	d.mu.Lock()
	d.down = errors.New("connection refused")
	d.mu.Unlock()
	if _, err := g.Allow(t.Context(), subscriber(), access.WatchLive); !fault.Is(err, "unconfirmed") {
		t.Errorf("a private live on old facts: %v", err)
	}
}

func TestChannelThatIsNotThereIsMissing(t *testing.T) {
	g, _, _ := newGate()
	if _, err := g.Allow(t.Context(), access.Subject{Account: "a", Channel: "nowhere"}, access.ReadPublic); !fault.Is(err, "channel_missing") {
		t.Errorf("%v, want channel_missing", err)
	}
}

// Who cannot wait is answered from what stands in memory, and only from what
// would be believed anyway.
func TestKnownAnswersWithoutReading(t *testing.T) {
	g, d, c := newGate()
	s := subscriber()
	d.set(s, inside())
	known := func() bool {
		t.Helper()
		before := d.count()
		may, ok := g.Known(s, access.ReadSpace)
		if d.count() != before {
			t.Error("it read")
		}
		if may.Allowed != ok {
			t.Errorf("known %v, allowed %v", ok, may.Allowed)
		}
		return ok
	}
	if known() {
		t.Error("known before anything was read")
	}
	if !mayRead(t, g, s) || !known() {
		t.Error("not known after it was read")
	}
	changes := g.Changes(s.Channel)
	g.Forget(s)
	if known() || g.Changes(s.Channel) == changes {
		t.Error("known after it was forgotten, or the change was not counted")
	}
	if mayRead(t, g, s); !known() {
		t.Error("not known after it was read again")
	}
	c.Advance(access.Lease)
	if known() {
		t.Error("known beyond the lease")
	}
}

// What is learned of many is known of each, unless a change overtook it.
func TestLearnedFactsAreKnown(t *testing.T) {
	g, d, c := newGate()
	other, nowhere := access.Subject{Account: "b", Channel: "c"}, access.Subject{Account: "a", Channel: "none"}
	d.set(other, access.Facts{SpaceOpen: true})
	all := []access.Subject{subscriber(), other, nowhere}
	knows := func(s access.Subject) (inside, known bool) {
		decision, known := g.Known(s, access.ReadSpace)
		return decision.Allowed, known
	}
	if _, known := knows(subscriber()); known {
		t.Fatal("known before anything was read")
	}
	if err := g.Learn(t.Context(), all); err != nil || d.count() != 1 {
		t.Fatalf("learned with %d reads, %v", d.count(), err)
	}
	if inside, known := knows(subscriber()); !inside || !known {
		t.Error("the subscriber is not known")
	}
	if inside, known := knows(other); inside || !known {
		t.Error("who has not paid is not known")
	}
	if _, known := knows(nowhere); known {
		t.Error("known in a channel that does not exist")
	}
	c.Advance(access.Lease)
	if _, known := knows(other); known {
		t.Error("known beyond a lease")
	}
	d.hold = func() { d.hold = nil; g.Forget(subscriber()) }
	if err := g.Learn(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	if _, known := knows(subscriber()); known {
		t.Error("facts read before a change are known after it")
	}
	d.down = context.DeadlineExceeded
	if err := g.Learn(t.Context(), all); err == nil {
		t.Error("learned from a database that hangs")
	}
	before := d.count()
	if err := g.Learn(t.Context(), all); err == nil || d.count() != before {
		t.Errorf("a crowd waits for what is known to hang: %v, %d reads", err, d.count()-before)
	}
}
