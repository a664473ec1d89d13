-- What Stripe calls our things, so that each is made there once: a buyer in one
-- currency, the page on which cards are changed.
CREATE TABLE stripe_object (
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  ref TEXT NOT NULL,
  PRIMARY KEY (kind, name)
);
