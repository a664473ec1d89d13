-- What is sold, by whom it is kept, and what payment providers told us.
CREATE TABLE checkout (
  id TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL REFERENCES channel(id),
  account TEXT NOT NULL REFERENCES account(id),
  tier TEXT NOT NULL REFERENCES tier(id),
  key TEXT NOT NULL,
  price_minor BIGINT NOT NULL CHECK (price_minor > 0),
  currency TEXT NOT NULL,
  provider TEXT NOT NULL,
  ref TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'pending', 'complete', 'declined', 'expired')),
  reason TEXT NOT NULL,
  renews BIGINT NOT NULL,
  created BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  UNIQUE (account, channel, key)
);
CREATE UNIQUE INDEX checkout_unfinished ON checkout (account, channel) WHERE state IN ('open', 'pending', 'declined');
CREATE INDEX checkout_overdue ON checkout (expires) WHERE state IN ('open', 'pending', 'declined');
CREATE TABLE subscription (
  id TEXT NOT NULL PRIMARY KEY,
  account TEXT NOT NULL REFERENCES account(id),
  channel TEXT NOT NULL REFERENCES channel(id),
  tier TEXT NOT NULL REFERENCES tier(id),
  provider TEXT NOT NULL,
  ref TEXT NOT NULL,
  access_grant TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('active', 'past_due', 'ended')),
  cancel_at_period_end BIGINT NOT NULL CHECK (cancel_at_period_end IN (0, 1)),
  price_minor BIGINT NOT NULL CHECK (price_minor > 0),
  currency TEXT NOT NULL,
  started BIGINT NOT NULL,
  period_start BIGINT NOT NULL,
  period_end BIGINT NOT NULL,
  ended BIGINT NOT NULL,
  months BIGINT NOT NULL CHECK (months >= 0),
  months_before BIGINT NOT NULL CHECK (months_before >= 0),
  UNIQUE (provider, ref)
);
CREATE INDEX subscription_holder ON subscription (account, channel);
CREATE INDEX subscription_running ON subscription (id) WHERE state <> 'ended';
-- Events that providers delivered. 'done' is 0 until what they announced is applied.
CREATE TABLE inbox (
  provider TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  object TEXT NOT NULL,
  terminal BIGINT NOT NULL CHECK (terminal IN (0, 1)),
  received BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  due BIGINT NOT NULL,
  done BIGINT NOT NULL,
  outcome TEXT NOT NULL,
  PRIMARY KEY (provider, id)
);
CREATE INDEX inbox_open ON inbox (due) WHERE done = 0;
CREATE INDEX inbox_object ON inbox (provider, object) WHERE done = 0;
-- Whose answer counts when several ask a provider about one object: turns are
-- numbered when asking, and an answer never replaces that of a later turn.
CREATE TABLE provider_turn (
  provider TEXT NOT NULL,
  object TEXT NOT NULL,
  asked BIGINT NOT NULL,
  applied BIGINT NOT NULL,
  PRIMARY KEY (provider, object)
);
-- The sandbox's own memory. It stands for another company's database: nothing
-- else reads it.
CREATE TABLE sandbox_session (
  ref TEXT NOT NULL PRIMARY KEY,
  checkout TEXT NOT NULL UNIQUE,
  price_minor BIGINT NOT NULL,
  currency TEXT NOT NULL,
  paid BIGINT NOT NULL CHECK (paid IN (0, 1)),
  subscription TEXT NOT NULL,
  last4 TEXT NOT NULL,
  created BIGINT NOT NULL,
  expires BIGINT NOT NULL
);
CREATE TABLE sandbox_subscription (
  ref TEXT NOT NULL PRIMARY KEY,
  checkout TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL,
  cancel_at_period_end BIGINT NOT NULL,
  price_minor BIGINT NOT NULL,
  currency TEXT NOT NULL,
  last4 TEXT NOT NULL,
  started BIGINT NOT NULL,
  period_start BIGINT NOT NULL,
  period_end BIGINT NOT NULL,
  ended BIGINT NOT NULL,
  disputes BIGINT NOT NULL,
  disputed BIGINT NOT NULL,
  months BIGINT NOT NULL,
  due BIGINT NOT NULL,
  version BIGINT NOT NULL
);
CREATE INDEX sandbox_subscription_due ON sandbox_subscription (due) WHERE due > 0;
CREATE TABLE sandbox_event (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  subscription TEXT NOT NULL,
  created BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  due BIGINT NOT NULL,
  sent BIGINT NOT NULL
);
CREATE INDEX sandbox_event_unsent ON sandbox_event (due) WHERE sent = 0;
