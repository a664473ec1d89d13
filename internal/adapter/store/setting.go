package store

import (
	"context"
	"encoding/hex"
)

// historySetting names what tells the histories of a database apart.
const historySetting = "history"

// History returns a word for what the logs hold: it stays as long as they only
// grow, and is another after a backup was restored, when sequences that somebody
// has read may have come to mean other events.
func (db *DB) History(ctx context.Context) (string, error) {
	fresh := make([]byte, 8)
	if _, err := db.opt.Random.Read(fresh); err != nil {
		return "", err
	}
	return db.SettingOnce(ctx, historySetting, hex.EncodeToString(fresh))
}

// Setting returns a value that the server keeps for itself.
func (tx *Tx) Setting(ctx context.Context, name string) (value string, found bool, err error) {
	found, err = tx.one(ctx, `SELECT value FROM setting WHERE name = $1`, []any{name}, &value)
	return value, found, err
}

// PutSettingOnce keeps value under name unless one is kept already, and returns
// the one that stands. All callers on all nodes get the same answer.
func (tx *Tx) PutSettingOnce(ctx context.Context, name, value string) (string, error) {
	if _, err := tx.exec(ctx, `INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, name, value); err != nil {
		return "", err
	}
	stands, _, err := tx.Setting(ctx, name)
	return stands, err
}

// SettingOnce is PutSettingOnce in a transaction of its own.
func (db *DB) SettingOnce(ctx context.Context, name, value string) (stands string, err error) {
	err = db.Update(ctx, func(tx *Tx) error {
		stands, err = tx.PutSettingOnce(ctx, name, value)
		return err
	})
	return stands, err
}
