-- What a channel is sent to with, and its broadcasts. A channel has at most one open broadcast.
CREATE TABLE ingest (
  channel TEXT NOT NULL PRIMARY KEY REFERENCES channel(id),
  stream_key TEXT NOT NULL,
  key_hash TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL
);
CREATE TABLE broadcast (
  id TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL REFERENCES channel(id),
  title TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('live', 'interrupted', 'ended')),
  node TEXT NOT NULL,
  take BIGINT NOT NULL CHECK (take > 0),
  started BIGINT NOT NULL,
  interrupted BIGINT NOT NULL,
  ended BIGINT NOT NULL,
  seen BIGINT NOT NULL
);
CREATE UNIQUE INDEX broadcast_open ON broadcast (channel) WHERE state <> 'ended';
CREATE INDEX broadcast_channel ON broadcast (channel, started);
