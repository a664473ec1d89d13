-- Somebody's latest visit to a Sub Space: when they were last heard of, and the
-- absence before it that they are told of; 'since' and 'until' are the same when
-- there is none, or it was put away.
CREATE TABLE visit (
  account TEXT NOT NULL REFERENCES account(id),
  channel TEXT NOT NULL REFERENCES channel(id),
  since BIGINT NOT NULL CHECK (since > 0),
  until BIGINT NOT NULL CHECK (until >= since),
  last BIGINT NOT NULL CHECK (last >= until),
  PRIMARY KEY (account, channel)
);
CREATE INDEX visit_channel ON visit (channel);
-- Whom private messages mention. One that was removed mentions nobody.
CREATE TABLE mention (
  account TEXT NOT NULL REFERENCES account(id),
  log TEXT NOT NULL REFERENCES log(id),
  seq BIGINT NOT NULL CHECK (seq > 0),
  at BIGINT NOT NULL,
  PRIMARY KEY (account, log, seq)
);
CREATE INDEX mention_at ON mention (account, at);
CREATE INDEX mention_log ON mention (log, seq);
CREATE INDEX question_answered ON question (channel, answered) WHERE answered > 0;
CREATE INDEX poll_closed ON poll (log, closed) WHERE closed > 0;
