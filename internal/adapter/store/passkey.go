package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// PutCeremony implements account.Tx.
func (tx *Tx) PutCeremony(ctx context.Context, hash string, c account.Ceremony) error {
	_, err := tx.exec(ctx, `INSERT INTO ceremony (hash, account, record, expires) VALUES ($1, $2, $3, $4)`,
		hash, c.Account, c.Record, millis(c.Expires))
	return err
}

// TakeCeremony implements account.Tx.
func (tx *Tx) TakeCeremony(ctx context.Context, hash string) (account.Ceremony, bool, error) {
	var c account.Ceremony
	var expires int64
	found, err := tx.one(ctx, `DELETE FROM ceremony WHERE hash = $1 RETURNING account, record, expires`, []any{hash},
		&c.Account, &c.Record, &expires)
	c.Expires = fromMillis(expires)
	return c, found, err
}

func (tx *Tx) passkeys(ctx context.Context, where string, arg any) ([]account.Passkey, error) {
	var out []account.Passkey
	err := tx.each(ctx, `SELECT id, account, name, credential, record, created, used FROM passkey WHERE `+where+` ORDER BY id`,
		[]any{arg}, func(scan func(...any) error) error {
			var p account.Passkey
			var created, used int64
			err := scan(&p.ID, &p.Account, &p.Name, &p.Credential, &p.Record, &created, &used)
			p.Created, p.Used = fromMillis(created), fromMillis(used)
			out = append(out, p)
			return err
		})
	return out, err
}

// PasskeysOf implements account.Tx.
func (tx *Tx) PasskeysOf(ctx context.Context, id ident.Account) ([]account.Passkey, error) {
	return tx.passkeys(ctx, `account = $1`, id)
}

// PasskeyByCredential implements account.Tx.
func (tx *Tx) PasskeyByCredential(ctx context.Context, credential string) (account.Passkey, bool, error) {
	all, err := tx.passkeys(ctx, `credential = $1`, credential)
	if err != nil || len(all) == 0 {
		return account.Passkey{}, false, err
	}
	return all[0], true, nil
}

// InsertPasskey implements account.Tx.
func (tx *Tx) InsertPasskey(ctx context.Context, p account.Passkey) (bool, error) {
	fresh, err := tx.changed(ctx, `INSERT INTO passkey (id, account, name, credential, record, created, used)
		VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT (credential) DO NOTHING`,
		p.ID, p.Account, p.Name, p.Credential, p.Record, millis(p.Created))
	if err != nil || !fresh {
		return false, err
	}
	_, err = tx.exec(ctx, `UPDATE account SET passkeys = passkeys + 1 WHERE id = $1`, p.Account)
	return true, err
}

// UsePasskey implements account.Tx.
func (tx *Tx) UsePasskey(ctx context.Context, p account.Passkey, was string, now time.Time) (bool, error) {
	return tx.changed(ctx, `UPDATE passkey SET record = $1, used = $2 WHERE id = $3 AND record = $4`, p.Record, millis(now), p.ID, was)
}

// brokenPasskeys looks for accounts whose number of passkeys is not that of the
// rows: rights are read from the number.
func (tx *Tx) brokenPasskeys(ctx context.Context) ([]string, error) {
	return tx.sentences(ctx, `SELECT 'Account ' || a.id || ' says it has ' || a.passkeys || ' passkeys, and has ' || COUNT(p.id)
		FROM account a LEFT JOIN passkey p ON p.account = a.id GROUP BY a.id, a.passkeys HAVING a.passkeys <> COUNT(p.id) ORDER BY a.id`)
}

// RenamePasskey implements account.Tx.
func (tx *Tx) RenamePasskey(ctx context.Context, id ident.Account, passkey ident.Passkey, name string) (bool, error) {
	return tx.changed(ctx, `UPDATE passkey SET name = $1 WHERE account = $2 AND id = $3`, name, id, passkey)
}

// DeletePasskey implements account.Tx.
func (tx *Tx) DeletePasskey(ctx context.Context, id ident.Account, passkey ident.Passkey) (bool, error) {
	return tx.changed(ctx, `DELETE FROM passkey WHERE account = $1 AND id = $2`, id, passkey)
}

// SparePasskey implements account.Tx.
func (tx *Tx) SparePasskey(ctx context.Context, id ident.Account) (bool, error) {
	return tx.changed(ctx, `UPDATE account SET passkeys = passkeys - 1 WHERE id = $1 AND (password <> '' OR passkeys > 1)`, id)
}
