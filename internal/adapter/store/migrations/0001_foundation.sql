-- Times are milliseconds since 1970 in UTC; 0 stands for 'never'. Booleans are 0 and 1.
CREATE TABLE account (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  folded TEXT NOT NULL UNIQUE,
  password TEXT NOT NULL,
  operator BIGINT NOT NULL CHECK (operator IN (0, 1)),
  created BIGINT NOT NULL
);
CREATE TABLE session (
  hash TEXT NOT NULL PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  account TEXT NOT NULL REFERENCES account(id),
  expires BIGINT NOT NULL
);
CREATE INDEX session_account ON session (account);
CREATE TABLE sign_in_link (
  hash TEXT NOT NULL PRIMARY KEY,
  account TEXT NOT NULL,
  expires BIGINT NOT NULL
);
CREATE TABLE channel (
  id TEXT NOT NULL PRIMARY KEY,
  handle TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  owner TEXT NOT NULL REFERENCES account(id),
  space_open BIGINT NOT NULL CHECK (space_open IN (0, 1)),
  live_audience TEXT NOT NULL CHECK (live_audience IN ('public', 'subscribers')),
  created BIGINT NOT NULL
);
CREATE INDEX channel_owner ON channel (owner);
CREATE TABLE moderator (
  channel TEXT NOT NULL REFERENCES channel(id),
  account TEXT NOT NULL REFERENCES account(id),
  PRIMARY KEY (channel, account)
);
CREATE TABLE log (
  id TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL REFERENCES channel(id),
  audience TEXT NOT NULL CHECK (audience IN ('public', 'space', 'channel')),
  head BIGINT NOT NULL CHECK (head >= 0),
  UNIQUE (channel, audience)
);
CREATE TABLE event (
  log TEXT NOT NULL REFERENCES log(id),
  seq BIGINT NOT NULL CHECK (seq > 0),
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  at BIGINT NOT NULL,
  author TEXT NOT NULL,
  key TEXT NOT NULL,
  answers BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (log, seq)
);
CREATE UNIQUE INDEX event_key ON event (log, author, key) WHERE key <> '';
CREATE INDEX event_answers ON event (log, answers) WHERE answers > 0;
CREATE INDEX event_author ON event (author, log, seq) WHERE author <> '';
CREATE TABLE access_grant (
  id TEXT NOT NULL PRIMARY KEY,
  account TEXT NOT NULL REFERENCES account(id),
  channel TEXT NOT NULL REFERENCES channel(id),
  tier TEXT NOT NULL,
  source TEXT NOT NULL,
  starts BIGINT NOT NULL,
  ends BIGINT NOT NULL,
  revoked BIGINT NOT NULL,
  months BIGINT NOT NULL CHECK (months >= 0)
);
CREATE INDEX access_grant_holder ON access_grant (channel, account);
CREATE TABLE sanction (
  channel TEXT NOT NULL REFERENCES channel(id),
  account TEXT NOT NULL REFERENCES account(id),
  kind TEXT NOT NULL CHECK (kind IN ('timeout', 'ban')),
  starts BIGINT NOT NULL,
  until BIGINT NOT NULL,
  reason TEXT NOT NULL,
  by_account TEXT NOT NULL REFERENCES account(id),
  PRIMARY KEY (channel, account)
);
CREATE TABLE setting (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);
CREATE TABLE tier (
  id TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL UNIQUE REFERENCES channel(id),
  price_minor BIGINT NOT NULL CHECK (price_minor > 0),
  currency TEXT NOT NULL,
  on_sale BIGINT NOT NULL CHECK (on_sale IN (0, 1)),
  created BIGINT NOT NULL
);
