package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/dock"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

const dockQuery = `SELECT d.id, d.channel, d.account, a.name, d.role, d.label, d.made, d.used FROM dock d JOIN account a ON a.id = d.account `

func scanDock(scan func(...any) error) (d dock.Dock, err error) {
	var made, used int64
	err = scan(&d.ID, &d.Channel, &d.Account, &d.Name, &d.Role, &d.Label, &made, &used)
	d.Made, d.Used = fromMillis(made), fromMillis(used)
	return d, err
}

// PutDock implements dock.Tx.
func (tx *Tx) PutDock(ctx context.Context, d dock.Dock, hash string) error {
	_, err := tx.exec(ctx, `INSERT INTO dock (id, channel, account, hash, role, label, made, used) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		d.ID, d.Channel, d.Account, hash, d.Role, d.Label, millis(d.Made), millis(d.Used))
	return err
}

// DocksOf implements dock.Tx.
func (tx *Tx) DocksOf(ctx context.Context, channel ident.Channel) (docks []dock.Dock, err error) {
	err = tx.each(ctx, dockQuery+`WHERE d.channel = $1 ORDER BY d.id DESC`, []any{channel}, func(scan func(...any) error) error {
		d, err := scanDock(scan)
		docks = append(docks, d)
		return err
	})
	return docks, err
}

// DockByHash implements dock.Tx.
func (tx *Tx) DockByHash(ctx context.Context, hash string) (d dock.Dock, found bool, err error) {
	err = tx.each(ctx, dockQuery+`WHERE d.hash = $1`, []any{hash}, func(scan func(...any) error) error {
		found = true
		d, err = scanDock(scan)
		return err
	})
	return d, found, err
}

// DropDock implements dock.Tx.
func (tx *Tx) DropDock(ctx context.Context, channel ident.Channel, id ident.Dock) (bool, error) {
	return tx.changed(ctx, `DELETE FROM dock WHERE channel = $1 AND id = $2`, channel, id)
}

// UseDock implements dock.Tx.
func (tx *Tx) UseDock(ctx context.Context, id ident.Dock, at time.Time) error {
	_, err := tx.exec(ctx, `UPDATE dock SET used = $1 WHERE id = $2 AND used < $1`, millis(at), id)
	return err
}

// LiveDocks implements dock.Tx.
func (tx *Tx) LiveDocks(ctx context.Context, ids []ident.Dock) (map[ident.Dock]bool, error) {
	live := make(map[ident.Dock]bool, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), factsChunk)
		where, args := among(tx, 1, ids[:n])
		if err := tx.each(ctx, `SELECT id FROM dock WHERE id `+where, args, func(scan func(...any) error) error {
			var id ident.Dock
			err := scan(&id)
			live[id] = true
			return err
		}); err != nil {
			return nil, err
		}
		ids = ids[n:]
	}
	return live, nil
}
