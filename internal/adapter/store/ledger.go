package store

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"github.com/subspace-live/subspace/internal/domain/ledger"
)

// OpenBooks implements ledger.Tx in one way to the database. Everybody takes keys
// in their order, then begins accounts in the order of their names, then locks
// accounts in the order of their numbers: so nobody waits for somebody who waits
// for them. A key or a name that another transaction holds is waited for, and
// what is read afterwards is what that one has left.
func (tx *Tx) OpenBooks(ctx context.Context, claims []ledger.Claim, accounts []ledger.Account) (ledger.Books, error) {
	books := ledger.Books{Taken: map[string]ledger.Stored{}, Balances: make(map[ledger.Account]ledger.Balance, len(accounts))}
	fresh, names := make(map[string]bool, len(claims)), namesOf(accounts)
	begin, err := tx.beginAccounts(names)
	if err != nil {
		return books, err
	}
	if _, err := tx.r.run(ctx, slices.Concat(tx.claimKeys(claims, fresh), begin, tx.lockAccounts(names, books.Balances))...); err != nil {
		return books, err
	}
	var taken []string
	for _, c := range claims {
		if !fresh[c.Key] {
			taken = append(taken, c.Key)
		}
	}
	return books, tx.storedOutcomes(ctx, taken, books.Taken)
}

// claimKeys notes transactions as posted under keys that nobody has used, and
// puts those keys into fresh.
func (tx *Tx) claimKeys(claims []ledger.Claim, fresh map[string]bool) []statement {
	claims = slices.SortedFunc(slices.Values(claims), func(a, b ledger.Claim) int { return cmp.Compare(a.Key, b.Key) })
	n := len(claims)
	key, kind, digest, at := make([]string, n), make([]string, n), make([]string, n), make([]int64, n)
	for i, c := range claims {
		key[i], kind[i], digest[i], at[i] = c.Key, c.Kind, c.Digest, millis(c.At)
	}
	columns := []column{{name: "key", words: key}, {name: "kind", words: kind}, {name: "digest", words: digest}, {name: "at", numbers: at}}
	return tx.set("claim", columns, `INSERT INTO ledger_transaction (key, kind, digest, at, outcome, reason, hindrance)
		SELECT key, kind, digest, at, 'posted', '', 0 FROM claim WHERE TRUE ON CONFLICT (key) DO NOTHING RETURNING key`,
		func(scan func(...any) error) error {
			var key string
			err := scan(&key)
			fresh[key] = true
			return err
		})
}

// beginAccounts inserts the accounts that there are not yet. Their numbers are
// chance: two nodes that begin different ones need not ask each other.
func (tx *Tx) beginAccounts(names []column) ([]statement, error) {
	n := len(names[0].words)
	number, rule := make([]int64, n), make([]int64, n)
	random := make([]byte, 8*n)
	if _, err := io.ReadFull(tx.db.opt.Random, random); err != nil {
		return nil, fmt.Errorf("numbers of accounts: %w", err)
	}
	for i := range n {
		number[i] = int64(binary.BigEndian.Uint64(random[8*i:]) >> 1)
		r, _ := ledger.Kind(names[1].words[i]).Rule()
		rule[i] = int64(r)
	}
	columns := append(slices.Clone(names), column{name: "id", numbers: number}, column{name: "rule", numbers: rule})
	return tx.set("named", columns, `INSERT INTO ledger_account (id, owner, kind, asset, rule, debits, credits)
		SELECT id, owner, kind, asset, rule, 0, 0 FROM named WHERE NOT EXISTS (SELECT 1 FROM ledger_account a
		WHERE a.owner = named.owner AND a.kind = named.kind AND a.asset = named.asset)
		ON CONFLICT (owner, kind, asset) DO NOTHING`, nil), nil
}

// namesOf returns the names of accounts, sorted, column by column.
func namesOf(accounts []ledger.Account) []column {
	accounts = slices.SortedFunc(slices.Values(accounts), func(a, b ledger.Account) int {
		return cmp.Or(cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Asset, b.Asset))
	})
	owner, kind, asset := make([]string, len(accounts)), make([]string, len(accounts)), make([]string, len(accounts))
	for i, a := range accounts {
		owner[i], kind[i], asset[i] = a.Owner, string(a.Kind), a.Asset
	}
	return []column{{name: "owner", words: owner}, {name: "kind", words: kind}, {name: "asset", words: asset}}
}

// Each account is looked up by its name, in the order in which they are named:
// SQLite takes a CROSS JOIN for that order, PostgreSQL for any other join.
const selectAccounts = `SELECT a.id, a.owner, a.kind, a.asset, a.debits, a.credits FROM named CROSS JOIN ledger_account a
	WHERE a.owner = named.owner AND a.kind = named.kind AND a.asset = named.asset`

// lockAccounts locks accounts by number and reads them.
func (tx *Tx) lockAccounts(names []column, balances map[ledger.Account]ledger.Balance) []statement {
	if tx.accounts == nil {
		tx.accounts = make(map[ledger.Account]int64, len(balances))
	}
	query := selectAccounts
	if tx.locks {
		query += ` ORDER BY a.id FOR NO KEY UPDATE OF a` // which is what changing a balance locks
	}
	return tx.set("named", names, query, func(scan func(...any) error) error {
		number, a, b, err := scanBalance(scan)
		balances[a], tx.accounts[a] = b, number
		return err
	})
}

func scanBalance(scan func(...any) error) (number int64, a ledger.Account, b ledger.Balance, err error) {
	err = scan(&number, &a.Owner, &a.Kind, &a.Asset, &b.Debits, &b.Credits)
	return number, a, b, err
}

// storedOutcomes reads what stands under keys.
func (tx *Tx) storedOutcomes(ctx context.Context, keys []string, found map[string]ledger.Stored) error {
	if len(keys) == 0 {
		return nil
	}
	where, args := among(tx, 1, keys)
	return tx.each(ctx, `SELECT t.key, t.digest, t.reason, COALESCE(a.owner, ''), COALESCE(a.kind, ''), COALESCE(a.asset, '')
		FROM ledger_transaction t LEFT JOIN ledger_account a ON a.id = t.hindrance WHERE t.key `+where, args,
		func(scan func(...any) error) error {
			var key string
			var s ledger.Stored
			err := scan(&key, &s.Digest, &s.Reason, &s.Hindrance.Owner, &s.Hindrance.Kind, &s.Hindrance.Asset)
			found[key] = s
			return err
		})
}

// WriteBooks implements ledger.Tx. Nothing is asked back, so that PostgreSQL gets
// it all with the commit.
func (tx *Tx) WriteBooks(ctx context.Context, e ledger.Entries) error {
	for _, s := range slices.Concat(tx.moveBalances(e.Moved), tx.insertTransfers(e.Posted), tx.markRefused(e.Refused)) {
		if err := tx.r.later(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) moveBalances(moved map[ledger.Account]ledger.Balance) []statement {
	var number, debits, credits []int64
	for a, b := range moved {
		number, debits, credits = append(number, tx.accounts[a]), append(debits, b.Debits), append(credits, b.Credits)
	}
	columns := []column{{name: "id", numbers: number}, {name: "debits", numbers: debits}, {name: "credits", numbers: credits}}
	return tx.set("moved", columns, `UPDATE ledger_account SET debits = ledger_account.debits + moved.debits,
		credits = ledger_account.credits + moved.credits FROM moved WHERE ledger_account.id = moved.id`, nil)
}

func (tx *Tx) insertTransfers(posted []ledger.Transaction) []statement {
	var key, asset []string
	var leg, debit, credit, amount []int64
	for _, t := range posted {
		for i, l := range t.Legs {
			key, leg = append(key, t.Key), append(leg, int64(i+1))
			debit, credit = append(debit, tx.accounts[l.Debit]), append(credit, tx.accounts[l.Credit])
			asset, amount = append(asset, l.Debit.Asset), append(amount, l.Amount)
		}
	}
	columns := []column{
		{name: "key", words: key},
		{name: "leg", numbers: leg},
		{name: "debit", numbers: debit},
		{name: "credit", numbers: credit},
		{name: "asset", words: asset},
		{name: "amount", numbers: amount},
	}
	return tx.set("fresh", columns, `INSERT INTO ledger_transfer (transaction_key, leg, debit, credit, asset, amount) SELECT * FROM fresh`, nil)
}

func (tx *Tx) markRefused(refused map[string]ledger.Stored) []statement {
	var key, reason []string
	var hindrance []int64
	for k, s := range refused {
		key, reason, hindrance = append(key, k), append(reason, s.Reason), append(hindrance, tx.accounts[s.Hindrance])
	}
	columns := []column{{name: "key", words: key}, {name: "reason", words: reason}, {name: "hindrance", numbers: hindrance}}
	return tx.set("verdict", columns, `UPDATE ledger_transaction SET outcome = 'refused', reason = verdict.reason, hindrance = verdict.hindrance
		FROM verdict WHERE ledger_transaction.key = verdict.key`, nil)
}

// Balances implements ledger.Reader.
func (tx *Tx) Balances(ctx context.Context, accounts []ledger.Account) (map[ledger.Account]ledger.Balance, error) {
	out := make(map[ledger.Account]ledger.Balance, len(accounts))
	for _, a := range accounts {
		out[a] = ledger.Balance{}
	}
	_, err := tx.r.run(ctx, tx.set("named", namesOf(distinct(accounts)), selectAccounts, func(scan func(...any) error) error {
		_, a, b, err := scanBalance(scan)
		out[a] = b
		return err
	})...)
	return out, err
}
