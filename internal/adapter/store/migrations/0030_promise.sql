-- What a provider is being asked to charge a buyer for a subscription that they have:
-- it counts against the buyer's limit until the outcome is known.
CREATE TABLE promise (
  key TEXT NOT NULL PRIMARY KEY,
  account TEXT NOT NULL REFERENCES account(id),
  subscription TEXT NOT NULL,
  price_minor BIGINT NOT NULL CHECK (price_minor > 0),
  currency TEXT NOT NULL,
  made BIGINT NOT NULL
);
CREATE INDEX promise_account ON promise (account);
CREATE INDEX promise_subscription ON promise (subscription);
CREATE INDEX promise_made ON promise (made);

-- How often the provider was asked about a checkout that nobody has paid, and when
-- it is asked next: ever more rarely, and first a minute after it was opened.
ALTER TABLE checkout ADD COLUMN asked BIGINT NOT NULL DEFAULT 0 CHECK (asked >= 0);
ALTER TABLE checkout ADD COLUMN ask_at BIGINT NOT NULL DEFAULT 0;
UPDATE checkout SET ask_at = created + 60000;
CREATE INDEX checkout_ask ON checkout (provider, ask_at) WHERE state IN ('open', 'pending', 'declined');

-- What of a payout the provider took back from the creator after it was paid.
ALTER TABLE payout ADD COLUMN reversed_minor BIGINT NOT NULL DEFAULT 0 CHECK (reversed_minor >= 0);
