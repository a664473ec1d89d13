-- Pictures that people write by a code. 'png' is the file in base64: a copy of the
-- database knows words and numbers only. 'level' is of the tier it takes, 0 for
-- everybody. 'removed' is since when it is not offered any more, 0 while it is; such
-- a row stays as long as messages may hold it: 'shown' is 1 once one did.
CREATE TABLE emote (
  id TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL REFERENCES channel(id),
  code TEXT NOT NULL,
  level BIGINT NOT NULL CHECK (level >= 0),
  png TEXT NOT NULL,
  shown BIGINT NOT NULL CHECK (shown IN (0, 1)),
  at BIGINT NOT NULL,
  removed BIGINT NOT NULL CHECK (removed >= 0)
);
CREATE UNIQUE INDEX emote_offered ON emote (channel, code) WHERE removed = 0;
-- Creators' pictures for the badges of one tier's subscribers, in place of the
-- channel's.
CREATE TABLE tier_badge (
  tier TEXT NOT NULL REFERENCES tier(id),
  channel TEXT NOT NULL REFERENCES channel(id),
  badge TEXT NOT NULL,
  picture TEXT NOT NULL,
  png TEXT NOT NULL,
  PRIMARY KEY (tier, badge)
);
CREATE INDEX tier_badge_channel ON tier_badge (channel);
