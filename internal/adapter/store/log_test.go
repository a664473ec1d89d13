package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// A cursor of zero is that of somebody who entered an empty room: what came since
// is told from its beginning. Without a cursor one is given the newest.
func TestPagesOfALog(t *testing.T) {
	db := storetest.Open(t, storetest.URL(t), time.Now, nil)
	public := at(place(t, db), room.Public)
	page := func(after, before int64, limit int) string {
		t.Helper()
		p, err := db.Logs().Page(t.Context(), public, after, before, limit)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Events) == 0 {
			return fmt.Sprintf("nothing of %d, more %v", p.Head, p.More)
		}
		for i, e := range p.Events {
			if e.Seq != p.Events[0].Seq+int64(i) {
				t.Fatalf("sequence %d at place %d", e.Seq, i)
			}
		}
		return fmt.Sprintf("%d to %d of %d, more %v", p.Events[0].Seq, p.Events[len(p.Events)-1].Seq, p.Head, p.More)
	}
	for _, after := range []int64{room.NoCursor, 0} {
		if got := page(after, 0, 500); got != "nothing of 0, more false" {
			t.Errorf("an empty log after %d: %s", after, got)
		}
	}
	author := person(t, db)
	for i := range 20 {
		if _, err := appendTo(t.Context(), db, message(public, author, "", fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		after, before int64
		limit         int
		want          string
	}{
		{0, 0, 5, "1 to 5 of 20, more true"},
		{0, 0, 20, "1 to 20 of 20, more false"},
		{15, 0, 5, "16 to 20 of 20, more false"},
		{20, 0, 5, "nothing of 20, more false"},
		{room.NoCursor, 0, 5, "16 to 20 of 20, more true"},
		{room.NoCursor, 0, 20, "1 to 20 of 20, more false"},
		{room.NoCursor, 6, 5, "1 to 5 of 20, more false"},
		{room.NoCursor, 7, 5, "2 to 6 of 20, more true"},
	} {
		if got := page(c.after, c.before, c.limit); got != c.want {
			t.Errorf("after %d before %d limit %d: %s, want %s", c.after, c.before, c.limit, got, c.want)
		}
	}
	if _, err := db.Logs().Page(t.Context(), public, 21, 0, 5); !fault.Is(err, "cursor_unknown") {
		t.Errorf("after what was never written: %v", err)
	}
}
