-- What payment providers, rights and books do not agree on, after the provider was
-- asked again.
CREATE TABLE payment_difference (
  provider TEXT NOT NULL,
  object TEXT NOT NULL,
  charge TEXT NOT NULL,
  what TEXT NOT NULL,
  detail TEXT NOT NULL,
  found BIGINT NOT NULL,
  PRIMARY KEY (provider, object, charge, what)
);
CREATE INDEX sale_checkout ON sale (checkout);
CREATE INDEX ledger_transaction_kind ON ledger_transaction (kind, key);
