package audit

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Query selects entries of a channel, the newest first.
type Query struct {
	Channel ident.Channel
	On      ident.Account // only those about somebody; empty: all
	Before  ident.Act     // only those older than an entry; empty: from the newest on
	Limit   int           // 1 to PageMax
}

// PageMax is how many entries are read at once.
const PageMax = 100

// Tx is what reading needs.
type Tx interface {
	access.Tx
	Acts(ctx context.Context, q Query) ([]Entry, error)
}

// Store runs transactions.
type Store interface {
	View(ctx context.Context, f func(Tx) error) error
}

// Service reads audit logs.
type Service struct {
	store Store
	now   func() time.Time
}

// NewService returns the service.
func NewService(store Store, now func() time.Time) *Service { return &Service{store, now} }

// List returns entries; the gate says who may read them.
func (s *Service) List(ctx context.Context, by ident.Account, q Query) (es []Entry, err error) {
	q.Limit = max(1, min(q.Limit, PageMax))
	err = s.store.View(ctx, func(tx Tx) error {
		if _, err := access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: q.Channel}, access.ReadAudit, s.now()); err != nil {
			return err
		}
		es, err = tx.Acts(ctx, q)
		return err
	})
	return es, err
}
