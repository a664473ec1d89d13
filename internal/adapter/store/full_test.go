package store_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// On a full disk writing is refused with the reason, reading goes on, and
// writing works again when there is room.
func TestFullDiskRefusesAndHeals(t *testing.T) {
	if onPostgres() {
		t.Skip("PostgreSQL keeps its files itself; its disk_full code becomes the same reason")
	}
	dir := storetest.SmallDisk(t)
	db := storetest.Open(t, "sqlite:"+filepath.Join(dir, "subspace.db"), time.Now, nil)
	public := at(place(t, db), room.Public)
	author := person(t, db)
	words := strings.Repeat("words ", 80)
	written := int64(0)
	for range 20 {
		if _, err := appendTo(t.Context(), db, message(public, author, "", words)); err != nil {
			t.Fatal(err)
		}
		written++
	}
	free := storetest.Fill(t, dir)
	var full error
	for range 10_000 {
		if _, full = appendTo(t.Context(), db, message(public, author, "", words)); full != nil {
			break
		}
		written++
	}
	if f := fault.Of(full); f == nil || f.Reason != "storage_full" || f.RetryAfter == 0 || !strings.Contains(f.Detail, "full") {
		t.Fatalf("on a full disk: %v", full)
	}
	for range 5 {
		if _, err := appendTo(t.Context(), db, message(public, author, "", words)); !fault.Is(err, "storage_full") {
			t.Errorf("still full: %v", err)
		}
	}
	log, err := db.Logs().Log(t.Context(), public)
	if err != nil || log.Head != written {
		t.Errorf("reading on a full disk: head %d, %v; %d were acknowledged", log.Head, err, written)
	}
	free()
	if _, err := appendTo(t.Context(), db, message(public, author, "", "room again")); err != nil {
		t.Fatalf("after there is room again: %v", err)
	}
	unbroken(t, "sqlite:"+filepath.Join(dir, "subspace.db"))
}
