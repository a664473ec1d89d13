package store_test

import (
	"flag"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

func TestATextAsksForOneOfASet(t *testing.T) {
	for name, c := range map[string]struct {
		arrays    bool
		first     int
		values    []string
		condition string
		args      []any
	}{
		"one":                   {false, 3, []string{"a"}, "IN ($3)", []any{"a"}},
		"two":                   {false, 1, []string{"a", "b"}, "IN ($1,$2)", []any{"a", "b"}},
		"three are as four":     {false, 1, []string{"a", "b", "c"}, "IN ($1,$2,$3,$4)", []any{"a", "b", "c", "c"}},
		"five are as eight":     {false, 2, []string{"a", "b", "c", "d", "e"}, "IN ($2,$3,$4,$5,$6,$7,$8,$9)", []any{"a", "b", "c", "d", "e", "e", "e", "e"}},
		"none":                  {false, 2, nil, "IN ()", nil},
		"an array":              {true, 2, []string{"a", "b", "c"}, "= ANY($2)", []any{[]string{"a", "b", "c"}}},
		"an array with nothing": {true, 1, []string{}, "= ANY($1)", []any{[]string{}}},
	} {
		t.Run(name, func(t *testing.T) {
			condition, args := store.Among(store.WithoutDatabase(c.arrays), c.first, c.values)
			if condition != c.condition || !reflect.DeepEqual(args, c.args) {
				t.Errorf("%s with %v, want %s with %v", condition, args, c.condition, c.args)
			}
		})
	}
}

func TestATextHoldsTheRowsOfATable(t *testing.T) {
	type call struct {
		text string
		args []any
	}
	ask := func(arrays bool, words []string, numbers []int64) (calls []call) {
		err := store.WithoutDatabase(arrays).Over("t", columns(words, numbers), func(with string, args []any) error {
			calls = append(calls, call{with, args})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return calls
	}
	words, numbers := []string{"a", "b", "c"}, []int64{1, 2, 3}
	if got, want := ask(false, words, numbers), []call{
		{"WITH t (word, number) AS (VALUES ($1,$2),($3,$4)) ", []any{"a", int64(1), "b", int64(2)}},
		{"WITH t (word, number) AS (VALUES ($1,$2)) ", []any{"c", int64(3)}},
	}; !reflect.DeepEqual(got, want) {
		t.Errorf("three rows: %v, want %v", got, want)
	}
	if got, want := ask(true, words, numbers), []call{
		{"WITH t (word, number) AS (SELECT * FROM unnest($1::text[], $2::bigint[])) ", []any{words, numbers}},
	}; !reflect.DeepEqual(got, want) {
		t.Errorf("three rows: %v, want %v", got, want)
	}
	for _, arrays := range []bool{false, true} {
		if got := ask(arrays, nil, nil); got != nil {
			t.Errorf("without rows %v was asked", got)
		}
	}
	texts, rows := map[string]bool{}, 0
	for n := range 300 {
		for _, c := range ask(false, make([]string, n), make([]int64, n)) {
			texts[c.text], rows = true, rows+len(c.args)/2
		}
	}
	if len(texts) != 7 || rows != 299*300/2 { // 64, 32, …, 1
		t.Errorf("%d texts for %d rows", len(texts), rows)
	}
	for text := range texts {
		if strings.Contains(store.Unnamed(text), "$") {
			t.Errorf("SQLite is left to look for names in %q", text)
		}
	}
}

func columns(words []string, numbers []int64) []store.Column {
	return []store.Column{store.Words("word", words...), store.Numbers("number", numbers...)}
}

func TestPlacesForArguments(t *testing.T) {
	for _, c := range []struct {
		n, width int
		want     string
	}{{0, 2, ""}, {1, 1, "($1)"}, {1, 3, "($1,$2,$3)"}, {3, 2, "($1,$2),($3,$4),($5,$6)"}} {
		if got := store.Holders(c.n, c.width); got != c.want {
			t.Errorf("%d groups of %d: %s, want %s", c.n, c.width, got, c.want)
		}
	}
}

// Names of arguments go only where they stand in order, each once: otherwise the
// text stays, because '?' counts on.
func TestNamesOfArgumentsGoWhereTheyAreInOrder(t *testing.T) {
	for query, want := range map[string]string{
		`SELECT 1`:                           `SELECT 1`,
		`a = $1 AND b = $2`:                  `a = ? AND b = ?`,
		`$1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11`: `?,?,?,?,?,?,?,?,?,?,?`,
		`a = $2 AND b = $1`:                  `a = $2 AND b = $1`,
		`a = $1 OR b = $1`:                   `a = $1 OR b = $1`,
		`a = $1 OR b = $2 OR c = $1`:         `a = $1 OR b = $2 OR c = $1`,
		`a = '$1' AND b = $1`:                `a = '$1' AND b = ?`,
		`a = 'it''s $9' AND b = $1`:          `a = 'it''s $9' AND b = ?`,
		`a = $`:                              `a = $`,
		`a = $1 AND b = $`:                   `a = $1 AND b = $`,
		`a = $10`:                            `a = $10`,
	} {
		if got := store.Unnamed(query); got != want {
			t.Errorf("%s becomes %s, want %s", query, got, want)
		}
	}
}

// Whatever the rows are, a statement that is handed all of them answers as one
// that is handed them one by one.
func TestATableOfRowsIsReadAsItWasHandedOver(t *testing.T) {
	db, _ := opened(t, nil)
	word := rapid.StringOf(rapid.OneOf(rapid.RuneFrom([]rune(`ab'"$1?\,(){}%_é😂`+"\n\t")), rapid.Rune())).
		Filter(func(s string) bool { return !strings.ContainsRune(s, 0) }) // PostgreSQL's text has no zero byte
	type line struct {
		word   string
		number int64
	}
	modestly(t)
	rapid.Check(t, func(r *rapid.T) {
		n := size().Draw(r, "rows")
		words := rapid.SliceOfN(word, n, n).Draw(r, "words")
		numbers := rapid.SliceOfN(rapid.Int64(), n, n).Draw(r, "numbers")
		read := func(tx *store.Tx, words []string, numbers []int64) (lines []line) {
			err := tx.Over("t", columns(words, numbers), func(with string, args []any) error {
				return tx.Each(t.Context(), with+`SELECT word, number FROM t`, args, func(scan func(...any) error) error {
					var l line
					err := scan(&l.word, &l.number)
					lines = append(lines, l)
					return err
				})
			})
			if err != nil {
				r.Fatal(err)
			}
			return lines
		}
		must(r, db.View(t.Context(), func(tx *store.Tx) error {
			all := read(tx, words, numbers)
			for i := range words {
				if want := (line{words[i], numbers[i]}); i >= len(all) || all[i] != want || !slices.Equal(read(tx, words[i:i+1], numbers[i:i+1]), []line{want}) {
					r.Fatalf("row %d of %d is not %+v", i, len(words), want)
				}
			}
			if len(all) != len(words) {
				r.Fatalf("%d rows of %d", len(all), len(words))
			}
			return nil
		}))
	})
}

// What the domain asks for a set is what it would be told one by one, also of
// what there is not, and of what is asked twice.
func TestASetIsAnsweredAsItsMembersAre(t *testing.T) {
	db, _ := opened(t, nil)
	k := newKnown(t, db)
	modestly(t)
	rapid.Check(t, func(r *rapid.T) {
		n := size().Draw(r, "rows")
		keys := rapid.SliceOfN(rapid.SampledFrom(k.keys), n, n).Draw(r, "keys")
		places := rapid.SliceOfN(rapid.SampledFrom(k.places), n, n).Draw(r, "places")
		accounts := rapid.SliceOfN(rapid.SampledFrom(k.accounts), 0, 40).Draw(r, "accounts")
		subjects := rapid.SliceOfN(rapid.SampledFrom(k.subjects), 0, 40).Draw(r, "subjects")
		must(r, db.View(t.Context(), func(tx *store.Tx) error {
			same(r, keys, func(s []chat.Key) (any, error) { return tx.EventsByKey(t.Context(), s) })
			same(r, places, func(s []chat.Place) (any, error) { return tx.EventsAt(t.Context(), s) })
			same(r, accounts, func(s []ident.Account) (any, error) { return tx.Names(t.Context(), s) })
			same(r, subjects, func(s []access.Subject) (any, error) { return tx.Facts(t.Context(), s) })
			return nil
		}))
		logs := rapid.SliceOfN(rapid.SampledFrom(k.logs), 0, 40).Draw(r, "logs")
		same(r, logs, func(s []ident.Log) (any, error) { return db.Logs().Heads(t.Context(), s) })
	})
}

// size is how many rows a set has: few, many, and what is about a chunk.
func size() *rapid.Generator[int] {
	return rapid.OneOf(rapid.IntRange(0, 9), rapid.IntRange(10, 150), rapid.SampledFrom([]int{31, 32, 33, 63, 64, 65, 127, 128, 129}))
}

// same fails unless the answer about a set is those about its members together.
func same[T any](r *rapid.T, set []T, ask func([]T) (any, error)) {
	all, err := ask(set)
	must(r, err)
	together := reflect.MakeMap(reflect.TypeOf(all))
	for i := range set {
		one, err := ask(set[i : i+1])
		must(r, err)
		for key, value := range reflect.ValueOf(one).Seq2() {
			together.SetMapIndex(key, value)
		}
	}
	if !reflect.DeepEqual(all, together.Interface()) {
		r.Fatalf("%d asked together: %v\none by one: %v", len(set), all, together)
	}
}

// modestly keeps the ordinary run short; -rapid.checks asks for more.
func modestly(t *testing.T) {
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "rapid.checks" })
	if asked {
		return
	}
	if err := flag.Set("rapid.checks", "20"); err != nil {
		t.Fatal(err)
	}
}

// must ends a run of a property test with an error that should not be.
func must(r *rapid.T, err error) {
	if err != nil {
		r.Fatal(err)
	}
}

// known is what a database holds, and what it does not.
type known struct {
	accounts []ident.Account
	keys     []chat.Key
	places   []chat.Place
	subjects []access.Subject
	logs     []ident.Log
}

func newKnown(t *testing.T, db *store.DB) known {
	t.Helper()
	k := known{accounts: []ident.Account{person(t, db), person(t, db), person(t, db), "nobody", "it's"}, logs: []ident.Log{"no-log"}}
	for _, c := range []ident.Channel{place(t, db), place(t, db), "nowhere"} {
		for _, a := range k.accounts {
			k.subjects = append(k.subjects, access.Subject{Account: a, Channel: c})
		}
		public := at(c, room.Public)
		for seq := range int64(100) {
			k.places = append(k.places, chat.Place{Address: public, Seq: seq})
			k.keys = append(k.keys, chat.Key{Address: public, Author: k.accounts[seq%5], Key: fmt.Sprintf("key-%05d", seq%80)})
		}
		if c == "nowhere" {
			continue
		}
		var entries []room.Entry
		for i := range 70 {
			entries = append(entries, message(public, k.accounts[i%3], fmt.Sprintf("key-%05d", i), strings.Repeat("é'$1", i)))
		}
		written, err := appendTo(t.Context(), db, entries...)
		if err != nil {
			t.Fatal(err)
		}
		k.logs = append(k.logs, written[0].Log)
	}
	return k
}
