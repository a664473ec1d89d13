-- A question stands in the room it was asked in; 'audience' is who may have the
-- answer. 'place' is where the creator put it, 0: where the rule puts it.
-- 'broadcast' is the one that was open when it was asked; offsets are milliseconds
-- since the broadcast beside them began. 'told' is 0 until the asker heard of the answer.
ALTER TABLE question ADD COLUMN room TEXT NOT NULL DEFAULT 'space' CHECK (room IN ('public', 'space'));
ALTER TABLE question ADD COLUMN audience TEXT NOT NULL DEFAULT 'public' CHECK (audience IN ('public', 'space'));
ALTER TABLE question ADD COLUMN first_time BIGINT NOT NULL DEFAULT 0 CHECK (first_time IN (0, 1));
ALTER TABLE question ADD COLUMN place BIGINT NOT NULL DEFAULT 0 CHECK (place >= 0);
ALTER TABLE question ADD COLUMN broadcast TEXT NOT NULL DEFAULT '';
ALTER TABLE question ADD COLUMN aired_in TEXT NOT NULL DEFAULT '';
ALTER TABLE question ADD COLUMN aired_offset BIGINT NOT NULL DEFAULT 0;
ALTER TABLE question ADD COLUMN answered_in TEXT NOT NULL DEFAULT '';
ALTER TABLE question ADD COLUMN answered_offset BIGINT NOT NULL DEFAULT 0;
ALTER TABLE question ADD COLUMN reply TEXT NOT NULL DEFAULT '';
ALTER TABLE question ADD COLUMN replied_by TEXT NOT NULL DEFAULT '';
ALTER TABLE question ADD COLUMN merged_into TEXT NOT NULL DEFAULT '';
ALTER TABLE question ADD COLUMN told BIGINT NOT NULL DEFAULT 1 CHECK (told IN (0, 1));
CREATE INDEX question_told ON question (asker, channel) WHERE told = 0;
CREATE INDEX question_answered_in ON question (answered_in) WHERE answered_in <> '';
CREATE TABLE question_vote (
  question TEXT NOT NULL REFERENCES question(id),
  account TEXT NOT NULL REFERENCES account(id),
  at BIGINT NOT NULL,
  PRIMARY KEY (question, account)
);
CREATE INDEX question_vote_account ON question_vote (account, question);
-- Each time a question was on air during a broadcast; 'ended' is 0 while it is.
CREATE TABLE airing (
  question TEXT NOT NULL REFERENCES question(id),
  number BIGINT NOT NULL,
  broadcast TEXT NOT NULL REFERENCES broadcast(id),
  began BIGINT NOT NULL,
  ended BIGINT NOT NULL,
  PRIMARY KEY (question, number)
);
CREATE INDEX airing_broadcast ON airing (broadcast);
-- How long public questions may wait before the creator is reminded of them.
CREATE TABLE patience (
  channel TEXT NOT NULL PRIMARY KEY REFERENCES channel(id),
  seconds BIGINT NOT NULL CHECK (seconds > 0)
);
