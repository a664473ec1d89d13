-- The books. A transfer debits one account and credits another of the same asset,
-- so every asset sums to zero. Rules: 1, debits stay within credits; 2, credits
-- stay within debits; 0, neither. Sums that leave the range of BIGINT are numbers
-- with a point in SQLite and fail the checks there.
CREATE TABLE ledger_account (
  id BIGINT NOT NULL PRIMARY KEY,
  owner TEXT NOT NULL,
  kind TEXT NOT NULL,
  asset TEXT NOT NULL,
  rule BIGINT NOT NULL CHECK (rule IN (0, 1, 2)),
  debits BIGINT NOT NULL CHECK (debits BETWEEN 0 AND 9223372036854775807),
  credits BIGINT NOT NULL CHECK (credits BETWEEN 0 AND 9223372036854775807),
  UNIQUE (owner, kind, asset),
  UNIQUE (id, asset),
  CHECK (rule <> 1 OR debits <= credits),
  CHECK (rule <> 2 OR credits <= debits)
);
-- 'hindrance' is the account that a refused transaction would have overdrawn; 0: none.
CREATE TABLE ledger_transaction (
  key TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  digest TEXT NOT NULL,
  at BIGINT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('posted', 'refused')),
  reason TEXT NOT NULL,
  hindrance BIGINT NOT NULL,
  CHECK ((outcome = 'posted') = (reason = ''))
);
CREATE TABLE ledger_transfer (
  transaction_key TEXT NOT NULL REFERENCES ledger_transaction (key),
  leg BIGINT NOT NULL CHECK (leg > 0),
  debit BIGINT NOT NULL,
  credit BIGINT NOT NULL,
  asset TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  PRIMARY KEY (transaction_key, leg),
  CHECK (debit <> credit),
  FOREIGN KEY (debit, asset) REFERENCES ledger_account (id, asset),
  FOREIGN KEY (credit, asset) REFERENCES ledger_account (id, asset)
);
