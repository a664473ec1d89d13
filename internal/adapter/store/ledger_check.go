package store

import (
	"context"
	"fmt"

	"github.com/subspace-live/subspace/internal/domain/ledger"
)

// theAccount is how sentences name an account a.
const theAccount = `'The account ' || a.kind || ' of ' || a.owner || ' in ' || a.asset || `

// BrokenPromise implements ledger.Auditor: each promise is looked at in all rows,
// by one statement or two.
func (tx *Tx) BrokenPromise(ctx context.Context, p ledger.Promise) ([]string, error) {
	switch p {
	case ledger.Balanced:
		return tx.sentences(ctx, `SELECT 'The debits in ' || asset || ' are the credits and ' || SUM(debits - credits)
			FROM ledger_account GROUP BY asset HAVING SUM(debits - credits) <> 0 ORDER BY asset`)
	case ledger.Summed:
		return tx.sentences(ctx, `SELECT `+theAccount+`' holds ' || a.debits || ' and ' || a.credits || ', its transfers add up to ' ||
			COALESCE(s.debits, 0) || ' and ' || COALESCE(s.credits, 0)
			FROM ledger_account a LEFT JOIN (SELECT id, SUM(debits) AS debits, SUM(credits) AS credits FROM
				(SELECT debit AS id, amount AS debits, 0 AS credits FROM ledger_transfer UNION ALL SELECT credit, 0, amount FROM ledger_transfer) moved
				GROUP BY id) s ON s.id = a.id
			WHERE a.debits <> COALESCE(s.debits, 0) OR a.credits <> COALESCE(s.credits, 0) ORDER BY a.id`)
	case ledger.Ruled:
		return tx.brokenRules(ctx)
	case ledger.Whole:
		return tx.sentences(ctx, `SELECT 'Transaction ' || t.key || ' is ' || t.outcome || ' and has ' || COUNT(l.leg) || ' transfers, the last of them number ' ||
			COALESCE(MAX(l.leg), 0)
			FROM ledger_transaction t LEFT JOIN ledger_transfer l ON l.transaction_key = t.key GROUP BY t.key, t.outcome
			HAVING (t.outcome = 'posted') <> (COUNT(l.leg) > 0) OR COUNT(l.leg) <> COALESCE(MAX(l.leg), 0) ORDER BY t.key`)
	}
	return nil, fmt.Errorf("nobody knows how to look at %q", p)
}

// brokenRules looks at the rule that each row has, and whether it is that of its
// kind in this release.
func (tx *Tx) brokenRules(ctx context.Context) ([]string, error) {
	found, err := tx.sentences(ctx, `SELECT `+theAccount+`' holds ' || a.debits || ' and ' || a.credits || ' against rule ' || a.rule
		FROM ledger_account a WHERE (a.rule = 1 AND a.debits > a.credits) OR (a.rule = 2 AND a.credits > a.debits) ORDER BY a.id`)
	if err != nil {
		return nil, err
	}
	var kind []string
	var rule []int64
	for _, k := range ledger.Kinds() {
		r, _ := k.Rule()
		kind, rule = append(kind, string(k)), append(rule, int64(r))
	}
	for _, s := range tx.set("known", []column{{name: "kind", words: kind}, {name: "rule", numbers: rule}},
		`SELECT `+theAccount+`' has rule ' || a.rule || ', its kind ' || known.rule
		FROM known JOIN ledger_account a ON a.kind = known.kind WHERE a.rule <> known.rule ORDER BY a.id`, nil) {
		more, err := tx.sentences(ctx, s.text, s.args...)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	return found, nil
}
