-- Who claimed which line of the operator's list of patrons, and what the list last
-- said. It stands for somebody else's books: nothing else reads it. Of a claim
-- code only its digest is kept, and one code belongs to one account.
CREATE TABLE patron_checkout (
  ref TEXT NOT NULL PRIMARY KEY,
  checkout TEXT NOT NULL UNIQUE,
  account TEXT NOT NULL,
  expires BIGINT NOT NULL,
  closed BIGINT NOT NULL CHECK (closed IN (0, 1)),
  subscription TEXT NOT NULL
);
CREATE INDEX patron_checkout_expired ON patron_checkout (expires) WHERE subscription = '';
CREATE TABLE patron_code (
  code TEXT NOT NULL PRIMARY KEY,
  account TEXT NOT NULL
);
CREATE TABLE patron (
  ref TEXT NOT NULL PRIMARY KEY,
  checkout TEXT NOT NULL UNIQUE,
  account TEXT NOT NULL,
  channel TEXT NOT NULL,
  code TEXT NOT NULL,
  status TEXT NOT NULL,
  tier TEXT NOT NULL,
  period TEXT NOT NULL,
  price_minor BIGINT NOT NULL,
  currency TEXT NOT NULL,
  shortened BIGINT NOT NULL CHECK (shortened IN (0, 1)),
  started BIGINT NOT NULL,
  period_start BIGINT NOT NULL,
  period_end BIGINT NOT NULL,
  ended BIGINT NOT NULL,
  months BIGINT NOT NULL,
  months_before BIGINT NOT NULL,
  version BIGINT NOT NULL
);
CREATE INDEX patron_claims ON patron (code);
CREATE INDEX patron_running ON patron (ref) WHERE status <> 'ended';
CREATE TABLE patron_event (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  patron TEXT NOT NULL,
  ends BIGINT NOT NULL CHECK (ends IN (0, 1)),
  created BIGINT NOT NULL
);
CREATE INDEX patron_event_created ON patron_event (created);
