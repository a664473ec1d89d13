CREATE TABLE question (
  id TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL REFERENCES channel(id),
  asker TEXT NOT NULL REFERENCES account(id),
  key TEXT NOT NULL,
  shown TEXT NOT NULL,
  text TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'on_air', 'answered', 'skipped')),
  asked BIGINT NOT NULL,
  aired BIGINT NOT NULL,
  answered BIGINT NOT NULL,
  UNIQUE (channel, asker, key)
);
CREATE UNIQUE INDEX question_on_air ON question (channel) WHERE state = 'on_air';
CREATE INDEX question_queue ON question (channel, state, asked);
CREATE TABLE overlay (
  channel TEXT NOT NULL PRIMARY KEY REFERENCES channel(id),
  secret TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  created BIGINT NOT NULL
);
