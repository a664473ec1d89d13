-- Papers of sales: they are issued once and never change.
CREATE TABLE paper (
  key TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('invoice', 'credit_note')),
  seller TEXT NOT NULL,
  year BIGINT NOT NULL,
  number TEXT NOT NULL UNIQUE,
  corrects TEXT NOT NULL,
  seller_name TEXT NOT NULL,
  seller_address TEXT NOT NULL,
  seller_tax_id TEXT NOT NULL,
  buyer TEXT NOT NULL REFERENCES account(id),
  buyer_name TEXT NOT NULL,
  channel TEXT NOT NULL REFERENCES channel(id),
  issued BIGINT NOT NULL,
  line TEXT NOT NULL,
  from_at BIGINT NOT NULL,
  to_at BIGINT NOT NULL,
  gross_minor BIGINT NOT NULL CHECK (gross_minor > 0),
  currency TEXT NOT NULL,
  tax_minor BIGINT NOT NULL CHECK (tax_minor >= 0 AND tax_minor <= gross_minor),
  tax_rate BIGINT NOT NULL,
  country TEXT NOT NULL,
  country_proof TEXT NOT NULL,
  sandbox BIGINT NOT NULL CHECK (sandbox IN (0, 1)),
  card_last4 TEXT NOT NULL
);
CREATE INDEX paper_buyer ON paper (buyer, issued);
CREATE INDEX paper_channel ON paper (channel, issued);
CREATE TABLE paper_count (
  seller TEXT NOT NULL,
  year BIGINT NOT NULL,
  last BIGINT NOT NULL CHECK (last > 0),
  PRIMARY KEY (seller, year)
);
-- What buyers say about themselves.
CREATE TABLE buyer (
  account TEXT NOT NULL PRIMARY KEY REFERENCES account(id),
  of_age BIGINT NOT NULL,
  cap_minor BIGINT NOT NULL CHECK (cap_minor >= 0),
  next_minor BIGINT NOT NULL CHECK (next_minor >= 0),
  raised BIGINT NOT NULL
);
-- Which text a buyer agreed to, and when: the checkout's moment is its creation.
ALTER TABLE checkout ADD COLUMN terms TEXT NOT NULL DEFAULT '';
