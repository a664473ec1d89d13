-- One per person, message and emoji; totals are counted, and nobody is told whose.
CREATE TABLE reaction (
  log TEXT NOT NULL REFERENCES log(id),
  seq BIGINT NOT NULL CHECK (seq > 0),
  emoji TEXT NOT NULL,
  account TEXT NOT NULL REFERENCES account(id),
  at BIGINT NOT NULL,
  PRIMARY KEY (log, seq, emoji, account)
);
CREATE INDEX reaction_account ON reaction (account, log, seq);

-- The message that stands above the chat of a log; one at most.
CREATE TABLE pin (
  log TEXT NOT NULL PRIMARY KEY REFERENCES log(id),
  seq BIGINT NOT NULL CHECK (seq > 0),
  by_account TEXT NOT NULL REFERENCES account(id),
  at BIGINT NOT NULL
);
