package ident_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

func TestNamesSortByTheMillisecondTheyWereMade(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Int64Range(0, 1<<47).Draw(t, "ms")
		b := rapid.Int64Range(0, 1<<47).Draw(t, "other ms")
		make := func(ms int64) string {
			return ident.Make[string](ident.NewSource(func() time.Time { return time.UnixMilli(ms) }, rand.Reader))
		}
		one, two := make(a), make(b)
		if a < b && one >= two || a > b && one <= two {
			t.Fatalf("%d gives %s, %d gives %s", a, one, b, two)
		}
	})
}

func TestNamesAre26PlainCharactersAndNeverTheSame(t *testing.T) {
	now := time.Now()
	s := ident.NewSource(func() time.Time { return now }, rand.Reader)
	var all []string
	for range 5000 {
		id := string(ident.Make[ident.Account](s))
		if len(id) != 26 || strings.Trim(id, "0123456789abcdefghjkmnpqrstvwxyz") != "" {
			t.Fatalf("%q is no name", id)
		}
		all = append(all, id)
	}
	slices.Sort(all)
	if n := len(slices.Compact(all)); n != 5000 {
		t.Errorf("%d different names of 5000 in one millisecond", n)
	}
}

// Who did something first stands first, however fast the other was.
func TestNamesOfOneMillisecondSortAsTheyWereMade(t *testing.T) {
	now := time.Now()
	s := ident.NewSource(func() time.Time { return now }, rand.Reader)
	last, tails := "", map[string]bool{}
	for range 5000 {
		id := ident.Make[string](s)
		if id <= last {
			t.Fatalf("%s after %s", id, last)
		}
		last = id
		tails[id[len(id)-7:]] = true
	}
	if len(tails) < 4990 {
		t.Errorf("%d different ends: the next name can be guessed", len(tails))
	}
}

func TestNameHolds80RandomBits(t *testing.T) {
	ones := ident.NewSource(func() time.Time { return time.UnixMilli(0) }, bytes.NewReader(bytes.Repeat([]byte{0xff}, 10)))
	if id := ident.Make[string](ones); !strings.HasPrefix(id, "000000000") {
		t.Errorf("the time of 1970 begins with %s", id)
	}
	defer func() {
		if recover() == nil {
			t.Error("a name was made without randomness")
		}
	}()
	ident.Make[string](ident.NewSource(time.Now, broken{}))
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("no entropy") }
