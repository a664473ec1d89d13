package api

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// torn is an archive whose second chapter cannot be read.
type torn struct{}

func (torn) Chapters() []string { return []string{"first", "second"} }

func (torn) Read(_ context.Context, _ ident.Account, chapter string, after account.Bookmark) ([]account.Record, account.Bookmark, error) {
	switch {
	case chapter == "second":
		return nil, after, errors.New("torn")
	case after.Number > 0:
		return nil, after, nil
	}
	return []account.Record{{{Name: "at", Value: time.Time{}}, {Name: "name", Value: `"<Yuna>"`}}}, account.Bookmark{Number: 1}, nil
}

// A document that breaks off does not look whole.
func TestExportThatBreaksOffIsNotWhole(t *testing.T) {
	var out bytes.Buffer
	d := document{archive: torn{}, out: bufio.NewWriter(&out)}
	if err := d.read(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.write(t.Context()); err == nil {
		t.Error("nothing was said of it")
	}
	if got := out.String(); !strings.Contains(got, `{"at":null,"name":"\"\u003cYuna\u003e\""}`) || strings.Contains(got, "complete") {
		t.Errorf("written: %s", got)
	}
}
