-- Lives that are planned. 'ends' is when one is over for the list, and 'minutes' how
-- long it is meant to last, 0 where nobody said. What was last told of it is
-- 'said_starts', 0 while nothing was, and 'said_cancelled'; 'due' is when to look
-- whether there is something to tell. While letters leave, 'mailing' is
-- about what (1: it is planned, 2: it moved, 3: it is off), and 'mailed_to' up to whom.
CREATE TABLE planned_live (
  id TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL REFERENCES channel(id),
  title TEXT NOT NULL,
  starts BIGINT NOT NULL,
  ends BIGINT NOT NULL,
  minutes BIGINT NOT NULL CHECK (minutes >= 0),
  private BIGINT NOT NULL CHECK (private IN (0, 1)),
  cancelled BIGINT NOT NULL CHECK (cancelled IN (0, 1)),
  revision BIGINT NOT NULL CHECK (revision >= 0),
  changed BIGINT NOT NULL,
  due BIGINT NOT NULL,
  said_starts BIGINT NOT NULL,
  said_cancelled BIGINT NOT NULL CHECK (said_cancelled IN (0, 1)),
  mailing BIGINT NOT NULL CHECK (mailing BETWEEN 0 AND 3),
  mailed_to TEXT NOT NULL
);
CREATE INDEX planned_live_list ON planned_live (channel, ends);
CREATE INDEX planned_live_due ON planned_live (due) WHERE due > 0;
CREATE INDEX planned_live_mailing ON planned_live (mailing) WHERE mailing > 0;
-- Secret addresses of calendars: what is kept is what they are found by.
CREATE TABLE calendar_feed (
  account TEXT NOT NULL REFERENCES account(id),
  channel TEXT NOT NULL REFERENCES channel(id),
  hash TEXT NOT NULL UNIQUE,
  created BIGINT NOT NULL,
  PRIMARY KEY (account, channel)
);
-- Who wants a letter when a date changes.
CREATE TABLE schedule_mail (
  channel TEXT NOT NULL REFERENCES channel(id),
  account TEXT NOT NULL REFERENCES account(id),
  since BIGINT NOT NULL,
  PRIMARY KEY (channel, account)
);
