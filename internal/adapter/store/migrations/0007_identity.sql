-- What an account needs before it may carry money: a way to be written to, and
-- ways back in. An account has at most one confirmed address and one that waits
-- for its confirmation; a confirmed address belongs to one account.
ALTER TABLE account ADD COLUMN language TEXT NOT NULL DEFAULT 'en';
CREATE TABLE address (
  account TEXT NOT NULL REFERENCES account(id),
  state TEXT NOT NULL CHECK (state IN ('waiting', 'confirmed')),
  mail TEXT NOT NULL,
  folded TEXT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (account, state)
);
CREATE UNIQUE INDEX address_confirmed ON address (folded) WHERE state = 'confirmed';
-- Letters. 'done' is 0 until a letter was sent or given up; then its address and
-- data are empty, and its key keeps it from being queued again for a while.
CREATE TABLE letter (
  key TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  account TEXT NOT NULL,
  mail TEXT NOT NULL,
  data TEXT NOT NULL,
  queued BIGINT NOT NULL,
  until BIGINT NOT NULL,
  tries BIGINT NOT NULL,
  due BIGINT NOT NULL,
  done BIGINT NOT NULL,
  outcome TEXT NOT NULL
);
CREATE INDEX letter_open ON letter (due) WHERE done = 0;
-- Links in letters that prove whose mailbox it is. 'folded' is the address that
-- the link was sent to.
CREATE TABLE mail_link (
  hash TEXT NOT NULL PRIMARY KEY,
  account TEXT NOT NULL REFERENCES account(id),
  purpose TEXT NOT NULL CHECK (purpose IN ('confirm', 'password')),
  folded TEXT NOT NULL,
  expires BIGINT NOT NULL
);
CREATE INDEX mail_link_account ON mail_link (account);
-- What a person is shown of where they are signed in, and when and how a session
-- last proved who it is. 'seen' is the beginning of a day.
ALTER TABLE session ADD COLUMN browser TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN system TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN created BIGINT NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN seen BIGINT NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN proved BIGINT NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN proof TEXT NOT NULL DEFAULT '';
-- Passkeys. 'record' is what adapter/passkey keeps of one; 'passkeys' of an
-- account is how many it has, so that rights are read from one row.
ALTER TABLE account ADD COLUMN passkeys BIGINT NOT NULL DEFAULT 0;
CREATE TABLE passkey (
  id TEXT NOT NULL PRIMARY KEY,
  account TEXT NOT NULL REFERENCES account(id),
  name TEXT NOT NULL,
  credential TEXT NOT NULL UNIQUE,
  record TEXT NOT NULL,
  created BIGINT NOT NULL,
  used BIGINT NOT NULL
);
CREATE INDEX passkey_account ON passkey (account);
-- A conversation with an authenticator that has begun: its challenge is answered once.
CREATE TABLE ceremony (
  hash TEXT NOT NULL PRIMARY KEY,
  account TEXT NOT NULL,
  record TEXT NOT NULL,
  expires BIGINT NOT NULL
);
-- For whoever asks what is kept of them.
CREATE INDEX question_asker ON question (asker, id);
CREATE INDEX access_grant_account ON access_grant (account, id);
CREATE INDEX sanction_account ON sanction (account, channel);
