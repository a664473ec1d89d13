-- Each thread of a Sub Space is a log of its own, with its own audience. The
-- tables of logs are made anew: SQLite cannot drop a table's constraints.
CREATE TABLE new_log (
  id TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL REFERENCES channel(id),
  audience TEXT NOT NULL CHECK (audience IN ('public', 'space', 'channel', 'thread')),
  level BIGINT NOT NULL CHECK (level >= 0),
  head BIGINT NOT NULL CHECK (head >= 0)
);
INSERT INTO new_log (id, channel, audience, level, head) SELECT id, channel, audience, 0, head FROM log;
CREATE TABLE new_event (
  log TEXT NOT NULL REFERENCES new_log(id),
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
INSERT INTO new_event (log, seq, id, kind, at, author, key, answers, body)
  SELECT log, seq, id, kind, at, author, key, answers, body FROM event;
DROP TABLE event;
DROP TABLE log;
ALTER TABLE new_log RENAME TO log;
ALTER TABLE new_event RENAME TO event;
CREATE UNIQUE INDEX log_room ON log (channel, audience) WHERE audience <> 'thread';
CREATE INDEX log_thread ON log (channel) WHERE audience = 'thread';
CREATE UNIQUE INDEX event_key ON event (log, author, key) WHERE key <> '';
CREATE INDEX event_answers ON event (log, answers) WHERE answers > 0;
CREATE INDEX event_author ON event (author, log, seq) WHERE author <> '';

-- 'messages' counts those that were ever written, 'last' is the sequence of the
-- newest, and 'moved' when it was written or, without one, the thread was opened.
CREATE TABLE thread (
  id TEXT NOT NULL PRIMARY KEY REFERENCES log(id),
  channel TEXT NOT NULL REFERENCES channel(id),
  kind TEXT NOT NULL CHECK (kind IN ('topic', 'update')),
  level BIGINT NOT NULL CHECK (level > 0),
  title TEXT NOT NULL,
  prompt TEXT NOT NULL,
  opener TEXT NOT NULL REFERENCES account(id),
  opened BIGINT NOT NULL,
  pinned BIGINT NOT NULL CHECK (pinned IN (0, 1)),
  closed BIGINT NOT NULL CHECK (closed IN (0, 1)),
  archived BIGINT NOT NULL CHECK (archived IN (0, 1)),
  messages BIGINT NOT NULL CHECK (messages >= 0),
  last BIGINT NOT NULL CHECK (last >= 0),
  moved BIGINT NOT NULL
);
CREATE INDEX thread_list ON thread (channel, archived, moved);

-- Up to where somebody has read a private log.
CREATE TABLE reading (
  account TEXT NOT NULL REFERENCES account(id),
  log TEXT NOT NULL REFERENCES log(id),
  seq BIGINT NOT NULL CHECK (seq >= 0),
  PRIMARY KEY (account, log)
);
CREATE INDEX reading_log ON reading (log);
