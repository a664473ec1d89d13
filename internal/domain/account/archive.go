package account

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Archive reads what is kept of a person, and nothing of anybody else. It has a
// chapter for each kind of thing.
type Archive interface {
	// Chapters names the chapters, in the order in which they are told.
	Chapters() []string
	// Read returns the next records of a chapter, a bounded number, and where to
	// go on. None: the chapter has ended.
	Read(ctx context.Context, id ident.Account, chapter string, after Bookmark) ([]Record, Bookmark, error)
}

// Record is one thing that is kept.
type Record []Field

// Field is what is known of it: a string, an int64, a bool, or a time.Time, of
// which the zero one means 'never'.
type Field struct {
	Name  string
	Value any
}

// Bookmark is where a reader stopped; the zero one is the beginning.
type Bookmark struct {
	Word   string
	Number int64
}

// MayExport spends one of the few times in which a person may ask for everything
// that is kept of them, or refuses with 'too_many_attempts'.
func (s *Service) MayExport(session Session) error {
	return s.byReader.Take(string(session.Account.ID))
}
