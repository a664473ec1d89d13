-- A poll stands in one room: that of its log. 'closes' is when it closes by itself
-- and 'closed' when it did; 0: never, or not yet. With 'live' its readers see how
-- many chose what while it is open. 'key' is the opener's, so that a repetition
-- opens nothing.
CREATE TABLE poll (
  id TEXT NOT NULL PRIMARY KEY,
  log TEXT NOT NULL REFERENCES log(id),
  opener TEXT NOT NULL REFERENCES account(id),
  key TEXT NOT NULL,
  question TEXT NOT NULL,
  changeable BIGINT NOT NULL CHECK (changeable IN (0, 1)),
  live BIGINT NOT NULL CHECK (live IN (0, 1)),
  opened BIGINT NOT NULL,
  closes BIGINT NOT NULL CHECK (closes >= 0),
  closed BIGINT NOT NULL CHECK (closed >= 0),
  UNIQUE (log, opener, key)
);
CREATE INDEX poll_log ON poll (log, opened);
CREATE INDEX poll_opener ON poll (opener, id);
CREATE UNIQUE INDEX poll_open ON poll (log) WHERE closed = 0;
CREATE INDEX poll_due ON poll (closes) WHERE closed = 0 AND closes > 0;
-- 'votes' is what was counted when the poll closed, and 0 until then.
CREATE TABLE poll_option (
  poll TEXT NOT NULL REFERENCES poll(id),
  number BIGINT NOT NULL CHECK (number >= 0),
  words TEXT NOT NULL,
  votes BIGINT NOT NULL CHECK (votes >= 0),
  PRIMARY KEY (poll, number)
);
CREATE TABLE poll_vote (
  poll TEXT NOT NULL REFERENCES poll(id),
  account TEXT NOT NULL REFERENCES account(id),
  choice BIGINT NOT NULL CHECK (choice >= 0),
  at BIGINT NOT NULL,
  PRIMARY KEY (poll, account),
  FOREIGN KEY (poll, choice) REFERENCES poll_option (poll, number)
);
CREATE INDEX poll_vote_account ON poll_vote (account, poll);
