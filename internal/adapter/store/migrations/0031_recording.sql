-- What is kept of broadcasts. 'node' is the server whose folder has the files, ''
-- stands for object storage. Lengths and places are milliseconds.
CREATE TABLE recording (
  id TEXT NOT NULL PRIMARY KEY REFERENCES broadcast(id),
  channel TEXT NOT NULL REFERENCES channel(id),
  title TEXT NOT NULL,
  audience TEXT NOT NULL CHECK (audience IN ('public', 'subscribers')),
  state TEXT NOT NULL CHECK (state IN ('growing', 'kept', 'dropped')),
  node TEXT NOT NULL,
  started BIGINT NOT NULL,
  bytes BIGINT NOT NULL CHECK (bytes >= 0),
  trouble TEXT NOT NULL,
  expires BIGINT NOT NULL
);
CREATE INDEX recording_channel ON recording (channel, started);
CREATE INDEX recording_unfinished ON recording (node, state) WHERE state <> 'kept';
CREATE INDEX recording_expires ON recording (expires) WHERE state = 'kept' AND expires > 0;
CREATE TABLE recording_stretch (
  recording TEXT NOT NULL REFERENCES recording(id),
  number BIGINT NOT NULL CHECK (number >= 0),
  at BIGINT NOT NULL,
  begins BIGINT NOT NULL CHECK (begins >= 0),
  length BIGINT NOT NULL CHECK (length >= 0),
  PRIMARY KEY (recording, number)
);
CREATE TABLE recording_setup (
  channel TEXT NOT NULL PRIMARY KEY REFERENCES channel(id),
  keep BIGINT NOT NULL CHECK (keep IN (0, 1)),
  days BIGINT NOT NULL CHECK (days >= 0)
);
-- Moments that staff wanted to find again, whether or not the live is kept.
CREATE TABLE live_mark (
  id TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL REFERENCES channel(id),
  broadcast TEXT NOT NULL REFERENCES broadcast(id),
  at BIGINT NOT NULL,
  label TEXT NOT NULL
);
CREATE INDEX live_mark_broadcast ON live_mark (broadcast, at);
CREATE INDEX question_aired_in ON question (aired_in) WHERE aired_in <> '';
