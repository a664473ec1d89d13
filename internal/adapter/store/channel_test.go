package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/live"
)

// However many channels there are: who is live is on the home page, then come
// the newest.
func TestChannelsAreLiveOnesThenTheNewest(t *testing.T) {
	db := storetest.Open(t, storetest.URL(t), time.Now, nil)
	owner := person(t, db)
	began := time.Now()
	ids := make([]ident.Channel, 6)
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		for i := range ids {
			ids[i] = makeID[ident.Channel]()
			_, err := tx.InsertChannel(t.Context(), channel.Channel{
				ID: ids[i], Handle: fmt.Sprintf("handle%d", i), Title: "A place", Owner: owner,
				LiveAudience: access.LivePublic, Created: began.Add(time.Duration(i) * time.Minute),
			})
			if err != nil {
				return err
			}
		}
		for i, state := range map[int]live.State{0: live.Live, 1: live.Ended, 2: live.Interrupted} {
			err := tx.InsertBroadcast(t.Context(), live.Broadcast{
				ID: makeID[ident.Broadcast](), Channel: ids[i], State: state, Node: "one", Take: 1, Started: began,
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []channel.Channel
	if err := db.View(t.Context(), func(tx *store.Tx) (err error) {
		got, err = tx.Channels(t.Context(), 2)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	var handles []string
	for _, c := range got {
		handles = append(handles, c.Handle)
	}
	if fmt.Sprint(handles) != "[handle2 handle0 handle5 handle4]" {
		t.Errorf("home shows %v", handles)
	}
}
