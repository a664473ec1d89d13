-- Pictures of updates. 'jpeg' is the file in base64: a copy of the database knows
-- words and numbers only. 'seq' is the message it belongs to, 0 while that is not
-- written; such pictures are deleted after a day.
CREATE TABLE picture (
  id TEXT NOT NULL PRIMARY KEY,
  log TEXT NOT NULL REFERENCES log(id),
  seq BIGINT NOT NULL CHECK (seq >= 0),
  width BIGINT NOT NULL CHECK (width > 0),
  height BIGINT NOT NULL CHECK (height > 0),
  jpeg TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX picture_log ON picture (log, seq);
CREATE INDEX picture_loose ON picture (at) WHERE seq = 0;
