-- Who follows a channel, and since when. 'followers' of a channel is how many do.
ALTER TABLE channel ADD COLUMN followers BIGINT NOT NULL DEFAULT 0 CHECK (followers >= 0);
CREATE TABLE follow (
  channel TEXT NOT NULL REFERENCES channel(id),
  account TEXT NOT NULL REFERENCES account(id),
  since BIGINT NOT NULL,
  PRIMARY KEY (channel, account)
);
CREATE INDEX follow_account ON follow (account, channel);
-- How a room is written in. A room without a row has no mode. 'slow' and
-- 'followed_for' are seconds.
CREATE TABLE chat_mode (
  channel TEXT NOT NULL REFERENCES channel(id),
  audience TEXT NOT NULL CHECK (audience IN ('public', 'space')),
  slow BIGINT NOT NULL CHECK (slow >= 0),
  followers BIGINT NOT NULL CHECK (followers IN (0, 1)),
  followed_for BIGINT NOT NULL CHECK (followed_for >= 0),
  subscribers BIGINT NOT NULL CHECK (subscribers IN (0, 1)),
  emotes BIGINT NOT NULL CHECK (emotes IN (0, 1)),
  only_once BIGINT NOT NULL CHECK (only_once IN (0, 1)),
  PRIMARY KEY (channel, audience)
);
-- What was said lately where nothing may be said twice: digests of folded words,
-- without whose they were.
CREATE TABLE said (
  log TEXT NOT NULL REFERENCES log(id),
  digest TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (log, digest)
);
CREATE INDEX said_at ON said (at);
-- Words that nobody but staff may write. 'terms' of a channel counts its changes,
-- and 'folded' is the form in which terms that find the same are equal.
ALTER TABLE channel ADD COLUMN terms BIGINT NOT NULL DEFAULT 0;
CREATE TABLE term (
  channel TEXT NOT NULL REFERENCES channel(id),
  folded TEXT NOT NULL,
  term TEXT NOT NULL,
  added BIGINT NOT NULL,
  by_account TEXT NOT NULL REFERENCES account(id),
  PRIMARY KEY (channel, folded)
);
