package app_test

import (
	"crypto/rand"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/app/apptest"
)

// On a full disk the chat refuses with the reason, rooms stay readable and the
// live goes on; when there is room again everything works without a restart.
func TestFullDiskRefusesChatAndTheLiveGoesOn(t *testing.T) {
	if onPostgres() {
		t.Skip("PostgreSQL keeps its files itself; the store turns its disk_full into the same reason")
	}
	dir := storetest.SmallDisk(t)
	s := apptest.Start(t, apptest.Options{Data: dir, Database: "sqlite:" + filepath.Join(dir, "subspace.db")})
	c := s.Found("atelier")
	c.GoesLive(s)
	viewer := s.Stranger()
	_, playlist := picture(t, viewer, "atelier")
	reader := viewer.Enters("atelier", "public")
	writers := make([]*apptest.Socket, 12)
	for i := range writers {
		writers[i] = s.Light(fmt.Sprintf("Viewer %c", "abcdefghkmpq"[i])).Connects()
	}
	words := strings.Repeat("words ", 80)
	writers[0].Says("atelier", "public", "before")
	free := storetest.Fill(t, dir)
	refused := ""
	for i := 0; refused == "" && i < 5000; i++ {
		if _, err := writers[i%len(writers)].Post("atelier", "public", rand.Text(), words); err != nil && reasonOf(err) != "slow_down" {
			refused = reasonOf(err)
		}
		if i > 200 { // everybody's budget is spent: anything that writes will do
			s.Stranger().Ask("POST", "/api/session/light", map[string]any{"name": "Guest " + rand.Text()[:12]}) //nolint:errcheck // refused sooner or later
		}
	}
	if refused != "storage_full" {
		t.Fatalf("on a full disk writing is refused with %q", refused)
	}
	reader.Hears("public", "before")
	viewer.History("atelier", "public", 0)
	s.Stranger().Enters("atelier", "public")
	first := string(viewer.Do("GET", playlist, nil).Body)
	apptest.Eventually(t, "the live stands still", func() bool { return string(viewer.Do("GET", playlist, nil).Body) != first })
	free()
	apptest.Eventually(t, "writing does not work again", func() bool {
		_, err := writers[0].Post("atelier", "public", rand.Text(), "after")
		return err == nil
	})
	reader.Hears("public", "after")
	for _, f := range reader.Frames() {
		if f.Type == "event" && (f.Event.Kind == "live.ended" || f.Event.Kind == "live.interrupted") {
			t.Errorf("the full disk cut the live: %s", f.Raw)
		}
	}
	events := viewer.History("atelier", "public", 0)
	gapless(t, events, 1, int64(len(events)))
}
