package mail_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // to look into the table
	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/mail"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// road is a carrier that a test can block.
type road struct {
	mu      sync.Mutex
	blocked error
	carried []mail.Message
	tried   int
}

func (r *road) Carry(_ context.Context, m mail.Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tried++
	if r.blocked != nil {
		return r.blocked
	}
	r.carried = append(r.carried, m)
	return nil
}

func (r *road) block(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.blocked = err
}

func (r *road) keys() (out []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.carried {
		out = append(out, m.Key)
	}
	return out
}

// office is a queue with its road.
type office struct {
	*storetest.World
	*mail.Outbox
	t      *testing.T
	road   *road
	failed []string
}

func newOffice(t *testing.T) *office {
	o := &office{World: storetest.NewWorld(t), t: t, road: &road{}}
	o.Outbox = o.outbox(o.DB)
	return o
}

func (o *office) outbox(db *store.DB) *mail.Outbox {
	return mail.NewOutbox(mail.Config{
		Store: store.UnitOf(db, func(tx *store.Tx) mail.OutboxTx { return tx }), Now: o.Clock.Now, Carrier: o.road,
		Failed: func(k mail.Kind, err error) { o.failed = append(o.failed, fmt.Sprint(k, " ", err)) },
	})
}

func (o *office) queue(letters ...mail.Letter) {
	o.t.Helper()
	err := o.Update(o.t.Context(), func(tx *store.Tx) error {
		for _, l := range letters {
			if err := tx.QueueLetter(o.t.Context(), l); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) send() error {
	o.t.Helper()
	return o.Send(o.t.Context())
}

// table is every letter that is kept, as a line.
func (o *office) table() []string {
	o.t.Helper()
	driver, dsn := "pgx", o.URL
	if file, ok := strings.CutPrefix(o.URL, "sqlite:"); ok {
		driver, dsn = "sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		o.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT key, mail, data, outcome, tries FROM letter ORDER BY key`)
	if err != nil {
		o.t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var key, address, data, outcome string
		var tries int
		if err := rows.Scan(&key, &address, &data, &outcome, &tries); err != nil {
			o.t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%s [%s] %s %s %d", key, address, data, outcome, tries))
	}
	if err := rows.Err(); err != nil {
		o.t.Fatal(err)
	}
	return out
}

func (o *office) holds(want ...string) {
	o.t.Helper()
	if got := o.table(); !slices.Equal(got, want) {
		o.t.Errorf("the table holds\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func direct(key string) mail.Letter {
	return mail.Letter{Key: key, Kind: "sample", Address: "yuna@example.org", Data: map[string]string{"word": "secret"}}
}

func TestLetterIsSentOnceAndLeavesNothingBehind(t *testing.T) {
	o := newOffice(t)
	first, second := direct("a"), direct("a")
	second.Data = map[string]string{"word": "another"}
	o.queue(first, second)
	o.queue(second)
	if err := o.send(); err != nil {
		t.Fatal(err)
	}
	o.queue(second)
	o.Clock.Advance(time.Hour)
	if err := o.send(); err != nil {
		t.Fatal(err)
	}
	if keys := o.road.keys(); !slices.Equal(keys, []string{"a"}) {
		t.Fatalf("carried %v", keys)
	}
	m := o.road.carried[0]
	if m.Address != "yuna@example.org" || m.Data["word"] != "secret" || m.Kind != "sample" || m.Language != "en" {
		t.Errorf("carried %+v", m)
	}
	o.holds("a [] {} sent 1")
}

func TestLetterGoesWithItsTransaction(t *testing.T) {
	o := newOffice(t)
	over := errors.New("over")
	err := o.Update(t.Context(), func(tx *store.Tx) error {
		if err := tx.QueueLetter(t.Context(), direct("a")); err != nil {
			return err
		}
		return over
	})
	if !errors.Is(err, over) {
		t.Fatal(err)
	}
	if err := o.send(); err != nil {
		t.Fatal(err)
	}
	o.holds()
}

// A letter to a person goes to the address that is theirs when it leaves.
func TestLetterFindsItsPerson(t *testing.T) {
	o := newOffice(t)
	yuna, noa := o.Person("Yuna"), o.Person("Noa")
	o.reachable(yuna, "yuna@example.org", "fr")
	o.queue(
		mail.Letter{Key: "to", Kind: "sample", To: yuna}, mail.Letter{Key: "nobody", Kind: "sample", To: noa},
		mail.Letter{Key: "old", Kind: "sample", To: yuna, Address: "old@example.org"}, mail.Letter{Key: "who", Kind: "sample", To: "none"},
	)
	if err := o.send(); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, m := range o.road.carried {
		got[m.Key] = m.Address + " " + m.Name + " " + m.Language
	}
	if len(got) != 2 || got["to"] != "yuna@example.org Yuna fr" || got["old"] != "old@example.org Yuna fr" {
		t.Errorf("carried %v", got)
	}
	o.holds("nobody [] {} no_address 1", "old [] {} sent 1", "to [] {} sent 1", "who [] {} no_address 1")
}

// reachable gives a person a confirmed address and a language.
func (o *office) reachable(id ident.Account, address, language string) {
	o.t.Helper()
	err := o.Update(o.t.Context(), func(tx *store.Tx) error {
		ctx := o.t.Context()
		if err := tx.SetLanguage(ctx, id, language); err != nil {
			return err
		}
		_, err := tx.ConfirmAddress(ctx, id, address, mail.Fold(address), o.Clock.Now())
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

func TestTriesAreBoundedAndGrowRarer(t *testing.T) {
	o := newOffice(t)
	o.road.block(errors.New("not today"))
	o.queue(direct("a"))
	began := o.Clock.Now()
	var at []time.Duration
	for range 20_000 { // steps of five seconds
		before := o.road.tried
		if err := o.send(); err != nil {
			t.Fatal(err)
		}
		if o.road.tried > before {
			at = append(at, o.Clock.Now().Sub(began))
		}
		o.Clock.Advance(5 * time.Second)
	}
	if len(at) != 8 || at[1] != 15*time.Second || at[7] > 24*time.Hour {
		t.Errorf("tried at %v", at)
	}
	for i := 2; i < len(at); i++ {
		if at[i]-at[i-1] < at[i-1]-at[i-2] {
			t.Errorf("tried at %v", at)
		}
	}
	o.holds("a [] {} given_up 8")
	if len(o.failed) != 8 {
		t.Errorf("told of %d failures", len(o.failed))
	}
}

func TestRefusedLetterIsNotTriedAgain(t *testing.T) {
	o := newOffice(t)
	o.road.block(fmt.Errorf("%w: 550", mail.ErrRefused))
	o.queue(direct("a"))
	for range 3 {
		if err := o.send(); err != nil {
			t.Fatal(err)
		}
		o.Clock.Advance(time.Hour)
	}
	o.holds("a [] {} refused 1")
}

// A server that is away is not run against with every letter that waits.
func TestUnreachableServerIsLeftAlone(t *testing.T) {
	o := newOffice(t)
	o.road.block(fmt.Errorf("%w: gone", mail.ErrUnreachable))
	for i := range 30 {
		o.queue(direct(fmt.Sprintf("%02d", i)))
	}
	if err := o.send(); !errors.Is(err, mail.ErrUnreachable) || o.road.tried != 1 {
		t.Errorf("%v after %d tries", err, o.road.tried)
	}
	o.road.block(nil)
	o.Clock.Advance(time.Minute)
	if err := o.send(); err != nil || len(o.road.keys()) != 30 {
		t.Errorf("%v, %d carried", err, len(o.road.keys()))
	}
}

func TestLetterThatMeansNothingAnyMoreIsNotSent(t *testing.T) {
	o := newOffice(t)
	soon, late := direct("soon"), direct("late")
	soon.Until = o.Clock.Now().Add(time.Hour)
	o.queue(soon, late)
	o.road.block(errors.New("not today"))
	if err := o.send(); err != nil {
		t.Fatal(err)
	}
	o.road.block(nil)
	o.Clock.Advance(time.Hour)
	if err := o.send(); err != nil || !slices.Equal(o.road.keys(), []string{"late"}) {
		t.Errorf("%v, carried %v", err, o.road.keys())
	}
	o.queue(direct("lost"))
	o.Clock.Advance(3 * 24 * time.Hour)
	if err := o.send(); err != nil {
		t.Fatal(err)
	}
	o.holds("late [] {} sent 2", "lost [] {} outdated 1", "soon [] {} outdated 2")
}

func TestEnclosureCompletesALetterOrTakesItBack(t *testing.T) {
	o := newOffice(t)
	yuna := o.Person("Yuna")
	o.reachable(yuna, "yuna@example.org", "en")
	wanted, trouble := true, error(nil)
	o.Enclose = map[mail.Kind]mail.Enclosure{"link": func(_ context.Context, l mail.Letter) (mail.Letter, bool, error) {
		l.To, l.Address, l.Data = yuna, "", map[string]string{"secret": "made now"}
		return l, wanted, trouble
	}}
	link := func(key string) mail.Letter { return mail.Letter{Key: key, Kind: "link", Address: "asked@example.org"} }
	o.queue(link("a"))
	if err := o.send(); err != nil {
		t.Fatal(err)
	}
	if m := o.road.carried[0]; m.Address != "yuna@example.org" || m.Data["secret"] != "made now" || m.Name != "Yuna" {
		t.Errorf("carried %+v", m)
	}
	wanted = false
	o.queue(link("b"))
	if err := o.send(); err != nil {
		t.Fatal(err)
	}
	wanted, trouble = true, errors.New("no database")
	o.queue(link("c"))
	if err := o.send(); err != nil {
		t.Fatal(err)
	}
	o.holds("a [] {} sent 1", "b [] {} unwanted 1", "c [asked@example.org] null  1")
	if rows := strings.Join(o.table(), ""); strings.Contains(rows, "made now") {
		t.Errorf("the secret was stored: %s", rows)
	}
}

func TestServerWithoutMailKeepsNoLetters(t *testing.T) {
	o := newOffice(t)
	o.Carrier = nil
	o.queue(direct("a"))
	if err := o.send(); err != nil {
		t.Fatal(err)
	}
	o.holds("a [] {} off 1")
}

// Nodes that look at the same time send each letter once.
func TestTwoNodesSendEachLetterOnce(t *testing.T) {
	o := newOffice(t)
	other := o.outbox(storetest.Open(t, o.URL, o.Clock.Now, nil))
	var want []string
	for i := range 40 {
		want = append(want, fmt.Sprintf("%02d", i))
		o.queue(direct(want[i]))
	}
	var all sync.WaitGroup
	for _, box := range []*mail.Outbox{o.Outbox, other, o.Outbox, other} {
		all.Go(func() {
			if err := box.Send(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := o.road.keys(); !slices.Equal(slices.Sorted(slices.Values(got)), want) {
		t.Errorf("carried %v", got)
	}
}

// Run sends without being asked, and stops when it should.
func TestRunSendsUntilItIsStopped(t *testing.T) {
	o := newOffice(t)
	o.queue(direct("a"))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- o.Run(ctx) }()
	for end := time.Now().Add(20 * time.Second); len(o.road.keys()) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nothing was sent")
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
