-- Creators as they stand on the statements of what they are paid. The code begins
-- the numbers of their statements and never changes.
CREATE TABLE payee (
  channel TEXT NOT NULL PRIMARY KEY REFERENCES channel(id),
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  address TEXT NOT NULL,
  tax_id TEXT NOT NULL,
  changed BIGINT NOT NULL
);
-- Where they are paid. A provider's test mode has accounts of its own.
CREATE TABLE payout_account (
  channel TEXT NOT NULL REFERENCES channel(id),
  provider TEXT NOT NULL,
  test BIGINT NOT NULL CHECK (test IN (0, 1)),
  ref TEXT NOT NULL,
  payable BIGINT NOT NULL CHECK (payable IN (0, 1)),
  missing TEXT NOT NULL,
  looked BIGINT NOT NULL,
  due BIGINT NOT NULL,
  PRIMARY KEY (channel, provider, test)
);
CREATE INDEX payout_account_due ON payout_account (provider, test, due);
-- What was decided to be paid, and what came of it. The sums are those of all that
-- was ever sold at the decision: the statement is made of what came in between.
CREATE TABLE payout (
  id TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL REFERENCES channel(id),
  provider TEXT NOT NULL,
  test BIGINT NOT NULL CHECK (test IN (0, 1)),
  account TEXT NOT NULL,
  amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
  currency TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('decided', 'paid', 'refused')),
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  ref TEXT NOT NULL,
  decided BIGINT NOT NULL,
  settled BIGINT NOT NULL,
  sold_minor BIGINT NOT NULL,
  tax_minor BIGINT NOT NULL,
  share_minor BIGINT NOT NULL,
  back_minor BIGINT NOT NULL,
  back_tax_minor BIGINT NOT NULL,
  back_share_minor BIGINT NOT NULL,
  held_minor BIGINT NOT NULL,
  before_minor BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  due BIGINT NOT NULL
);
CREATE INDEX payout_channel ON payout (channel, id);
CREATE INDEX payout_due ON payout (due) WHERE state = 'decided';
-- One on its way at a time.
CREATE UNIQUE INDEX payout_one ON payout (channel, provider, test, currency) WHERE state = 'decided';
-- Statements of payouts, which the operator issues in the creator's name. They
-- never change.
CREATE TABLE statement (
  key TEXT NOT NULL PRIMARY KEY,
  number TEXT NOT NULL UNIQUE,
  seller TEXT NOT NULL,
  year BIGINT NOT NULL,
  seller_name TEXT NOT NULL,
  seller_address TEXT NOT NULL,
  seller_tax_id TEXT NOT NULL,
  buyer_name TEXT NOT NULL,
  buyer_address TEXT NOT NULL,
  buyer_tax_id TEXT NOT NULL,
  channel TEXT NOT NULL REFERENCES channel(id),
  issued BIGINT NOT NULL,
  from_at BIGINT NOT NULL,
  to_at BIGINT NOT NULL,
  currency TEXT NOT NULL,
  sandbox BIGINT NOT NULL CHECK (sandbox IN (0, 1))
);
CREATE TABLE statement_line (
  statement TEXT NOT NULL REFERENCES statement(key),
  line BIGINT NOT NULL,
  what TEXT NOT NULL,
  minor BIGINT NOT NULL,
  PRIMARY KEY (statement, line)
);
-- The sandbox's own memory, as another company would keep it.
CREATE TABLE sandbox_account (
  ref TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('new', 'good', 'refuses')),
  created BIGINT NOT NULL
);
CREATE TABLE sandbox_transfer (
  key TEXT NOT NULL PRIMARY KEY,
  ref TEXT NOT NULL UNIQUE,
  account TEXT NOT NULL REFERENCES sandbox_account(ref),
  amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
  currency TEXT NOT NULL,
  created BIGINT NOT NULL
);
