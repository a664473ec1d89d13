-- A channel sells several tiers, each by the month, the year or both. The tables
-- that refer to tiers are made anew: SQLite cannot drop a table's constraints.
CREATE TABLE new_tier (
  id TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL REFERENCES channel(id),
  name TEXT NOT NULL,
  level BIGINT NOT NULL CHECK (level > 0),
  perks TEXT NOT NULL,
  trial BIGINT NOT NULL CHECK (trial >= 0),
  on_sale BIGINT NOT NULL CHECK (on_sale IN (0, 1)),
  created BIGINT NOT NULL
);
INSERT INTO new_tier (id, channel, name, level, perks, trial, on_sale, created)
  SELECT id, channel, '', 1, '', 0, on_sale, created FROM tier;
CREATE TABLE tier_price (
  tier TEXT NOT NULL REFERENCES new_tier(id),
  period TEXT NOT NULL CHECK (period IN ('month', 'year')),
  price_minor BIGINT NOT NULL CHECK (price_minor > 0),
  currency TEXT NOT NULL,
  PRIMARY KEY (tier, period)
);
INSERT INTO tier_price (tier, period, price_minor, currency) SELECT id, 'month', price_minor, currency FROM tier;
CREATE TABLE new_checkout (
  id TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL REFERENCES channel(id),
  account TEXT NOT NULL REFERENCES account(id),
  key TEXT NOT NULL,
  purpose TEXT NOT NULL CHECK (purpose IN ('subscription', 'gift')),
  tier TEXT NOT NULL REFERENCES new_tier(id),
  period TEXT NOT NULL CHECK (period IN ('month', 'year')),
  price_minor BIGINT NOT NULL CHECK (price_minor > 0),
  currency TEXT NOT NULL,
  quantity BIGINT NOT NULL CHECK (quantity > 0),
  recipient TEXT NOT NULL,
  trial BIGINT NOT NULL,
  country TEXT NOT NULL,
  language TEXT NOT NULL,
  provider TEXT NOT NULL,
  ref TEXT NOT NULL,
  url TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'pending', 'complete', 'declined', 'expired')),
  reason TEXT NOT NULL,
  renews BIGINT NOT NULL,
  created BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  UNIQUE (account, channel, key)
);
INSERT INTO new_checkout (id, channel, account, key, purpose, tier, period, price_minor, currency, quantity, recipient, trial,
    country, language, provider, ref, url, state, reason, renews, created, expires)
  SELECT id, channel, account, key, 'subscription', tier, 'month', price_minor, currency, 1, '', 0,
    '', 'en', provider, ref, '', state, reason, renews, created, expires FROM checkout;
CREATE TABLE new_subscription (
  id TEXT NOT NULL PRIMARY KEY,
  account TEXT NOT NULL REFERENCES account(id),
  channel TEXT NOT NULL REFERENCES channel(id),
  provider TEXT NOT NULL,
  ref TEXT NOT NULL,
  access_grant TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('trialing', 'active', 'past_due', 'paused', 'ended')),
  tier TEXT NOT NULL REFERENCES new_tier(id),
  period TEXT NOT NULL CHECK (period IN ('month', 'year')),
  price_minor BIGINT NOT NULL CHECK (price_minor > 0),
  currency TEXT NOT NULL,
  next_tier TEXT NOT NULL,
  next_period TEXT NOT NULL,
  next_minor BIGINT NOT NULL,
  next_currency TEXT NOT NULL,
  cancel_at_period_end BIGINT NOT NULL CHECK (cancel_at_period_end IN (0, 1)),
  started BIGINT NOT NULL,
  trial_end BIGINT NOT NULL,
  period_start BIGINT NOT NULL,
  period_end BIGINT NOT NULL,
  ended BIGINT NOT NULL,
  months BIGINT NOT NULL CHECK (months >= 0),
  months_before BIGINT NOT NULL CHECK (months_before >= 0),
  card_brand TEXT NOT NULL,
  card_last4 TEXT NOT NULL,
  refused TEXT NOT NULL,
  UNIQUE (provider, ref)
);
INSERT INTO new_subscription (id, account, channel, provider, ref, access_grant, state, tier, period, price_minor, currency,
    next_tier, next_period, next_minor, next_currency, cancel_at_period_end, started, trial_end, period_start, period_end, ended,
    months, months_before, card_brand, card_last4, refused)
  SELECT id, account, channel, provider, ref, access_grant, state, tier, 'month', price_minor, currency,
    '', '', 0, '', cancel_at_period_end, started, 0, period_start, period_end, ended,
    months, months_before, '', '', '' FROM subscription;
DROP TABLE checkout;
DROP TABLE subscription;
DROP TABLE tier;
ALTER TABLE new_tier RENAME TO tier;
ALTER TABLE new_checkout RENAME TO checkout;
ALTER TABLE new_subscription RENAME TO subscription;
CREATE INDEX tier_channel ON tier (channel, level);
CREATE UNIQUE INDEX checkout_unfinished ON checkout (account, channel)
  WHERE purpose = 'subscription' AND state IN ('open', 'pending', 'declined');
CREATE INDEX checkout_overdue ON checkout (expires) WHERE state IN ('open', 'pending', 'declined');
CREATE INDEX checkout_ref ON checkout (provider, ref) WHERE ref <> '';
CREATE INDEX subscription_holder ON subscription (account, channel);
CREATE INDEX subscription_channel ON subscription (channel, started);
CREATE INDEX subscription_grant ON subscription (access_grant);
CREATE INDEX subscription_running ON subscription (id) WHERE state <> 'ended';
CREATE TABLE trial_use (
  channel TEXT NOT NULL REFERENCES channel(id),
  account TEXT NOT NULL REFERENCES account(id),
  fingerprint TEXT NOT NULL,
  subscription TEXT NOT NULL,
  PRIMARY KEY (channel, account)
);
CREATE INDEX trial_use_card ON trial_use (channel, fingerprint) WHERE fingerprint <> '';
-- Until when a right is paid for; what lies between that and its end is grace.
ALTER TABLE access_grant ADD COLUMN paid BIGINT NOT NULL DEFAULT 0;
UPDATE access_grant SET paid = ends;
-- Each right holds its own months, and tenure adds them up.
UPDATE access_grant SET months = COALESCE((SELECT s.months FROM subscription s WHERE s.access_grant = access_grant.id), months);
-- Rights that were given and not bought, and who gave them.
CREATE TABLE award (
  access_grant TEXT NOT NULL PRIMARY KEY REFERENCES access_grant(id),
  channel TEXT NOT NULL REFERENCES channel(id),
  account TEXT NOT NULL REFERENCES account(id),
  key TEXT NOT NULL,
  by_account TEXT NOT NULL REFERENCES account(id),
  note TEXT NOT NULL,
  created BIGINT NOT NULL,
  UNIQUE (channel, key)
);
CREATE INDEX award_holder ON award (channel, account);
CREATE TABLE gift (
  checkout TEXT NOT NULL PRIMARY KEY REFERENCES checkout(id),
  given BIGINT NOT NULL,
  left_over BIGINT NOT NULL,
  settled BIGINT NOT NULL CHECK (settled IN (0, 1))
);
CREATE INDEX gift_unsettled ON gift (checkout) WHERE settled = 0;
-- What buyers paid, as providers told it.
CREATE TABLE sale (
  provider TEXT NOT NULL,
  charge TEXT NOT NULL,
  checkout TEXT NOT NULL REFERENCES checkout(id),
  subscription TEXT NOT NULL,
  channel TEXT NOT NULL REFERENCES channel(id),
  buyer TEXT NOT NULL REFERENCES account(id),
  kind TEXT NOT NULL CHECK (kind IN ('period', 'change', 'gift')),
  tier TEXT NOT NULL,
  period TEXT NOT NULL,
  price_minor BIGINT NOT NULL,
  quantity BIGINT NOT NULL,
  total_minor BIGINT NOT NULL CHECK (total_minor > 0),
  currency TEXT NOT NULL,
  tax_minor BIGINT NOT NULL CHECK (tax_minor >= 0 AND tax_minor <= total_minor),
  tax_rate BIGINT NOT NULL,
  country TEXT NOT NULL,
  country_proof TEXT NOT NULL,
  fee_minor BIGINT NOT NULL,
  share_minor BIGINT NOT NULL CHECK (share_minor >= 0),
  at BIGINT NOT NULL,
  period_start BIGINT NOT NULL,
  period_end BIGINT NOT NULL,
  card_last4 TEXT NOT NULL,
  refunded_minor BIGINT NOT NULL CHECK (refunded_minor >= 0 AND refunded_minor <= total_minor),
  refunded BIGINT NOT NULL,
  dispute TEXT NOT NULL CHECK (dispute IN ('', 'open', 'won', 'lost')),
  disputed BIGINT NOT NULL,
  held_minor BIGINT NOT NULL CHECK (held_minor >= 0),
  PRIMARY KEY (provider, charge)
);
CREATE INDEX sale_channel ON sale (channel, at);
CREATE INDEX sale_buyer ON sale (buyer, at);
CREATE INDEX sale_subscription ON sale (subscription, at) WHERE subscription <> '';
-- The sandbox learns to bill years, trials, pauses, changes, refunds and more cards.
ALTER TABLE sandbox_session ADD COLUMN body TEXT NOT NULL DEFAULT '';
ALTER TABLE sandbox_session ADD COLUMN due BIGINT NOT NULL DEFAULT 0;
CREATE INDEX sandbox_session_due ON sandbox_session (due) WHERE due > 0;
ALTER TABLE sandbox_subscription ADD COLUMN body TEXT NOT NULL DEFAULT '';
