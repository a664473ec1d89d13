-- How far a moderator's powers reach: 1 assistant, 2 moderator, 3 lead. Those there
-- are already keep what they could do.
ALTER TABLE moderator ADD COLUMN grade BIGINT NOT NULL DEFAULT 2 CHECK (grade BETWEEN 1 AND 3);
-- What staff did. 'about' is whom it was about, or empty; 'was' and 'becomes' are
-- JSON objects of words.
CREATE TABLE audit (
  id TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL REFERENCES channel(id),
  at BIGINT NOT NULL,
  by_account TEXT NOT NULL REFERENCES account(id),
  as_grade TEXT NOT NULL,
  act TEXT NOT NULL,
  about TEXT NOT NULL,
  thing TEXT NOT NULL,
  reason TEXT NOT NULL,
  was TEXT NOT NULL,
  becomes TEXT NOT NULL
);
CREATE INDEX audit_channel ON audit (channel, id);
CREATE INDEX audit_about ON audit (channel, about, id) WHERE about <> '';
CREATE INDEX audit_by ON audit (by_account, id);
-- What staff tell each other about a person.
CREATE TABLE note (
  id TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL REFERENCES channel(id),
  account TEXT NOT NULL REFERENCES account(id),
  text TEXT NOT NULL,
  at BIGINT NOT NULL,
  by_account TEXT NOT NULL REFERENCES account(id)
);
CREATE INDEX note_person ON note (channel, account, id);
CREATE INDEX note_account ON note (account);
CREATE INDEX note_by ON note (by_account, id);
