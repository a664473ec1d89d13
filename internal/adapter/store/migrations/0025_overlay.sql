-- How a creator has set up the layer that OBS shows; a channel without a row has all
-- of it as it is at first. What begins with 'tell_' is shown as it happens.
CREATE TABLE overlay_setup (
  channel TEXT NOT NULL PRIMARY KEY REFERENCES channel(id),
  theme TEXT NOT NULL,
  size TEXT NOT NULL,
  question_at TEXT NOT NULL,
  poll_at TEXT NOT NULL,
  goal_at TEXT NOT NULL,
  alerts_at TEXT NOT NULL,
  goal_on BIGINT NOT NULL CHECK (goal_on IN (0, 1)),
  goal_of BIGINT NOT NULL CHECK (goal_of > 0),
  goal_words TEXT NOT NULL,
  tell_gifts BIGINT NOT NULL CHECK (tell_gifts IN (0, 1)),
  tell_subscriptions BIGINT NOT NULL CHECK (tell_subscriptions IN (0, 1))
);
-- Who holds a right now is asked at every change while a goal is shown: nothing but
-- this is read for it, and of it nothing that is over.
CREATE INDEX access_grant_running ON access_grant (channel, ends, starts, revoked, account);
