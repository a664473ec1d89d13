package store_test

import (
	"testing"

	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
)

func TestOpenMigratesAndAnswers(t *testing.T) {
	db := storetest.New(t)
	if err := db.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
}
