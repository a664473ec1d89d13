-- Addresses of docks, by which somebody of the staff works from inside OBS without
-- signing in. The address itself is kept by nobody; 'hash' is what it is found by.
-- 'role' is what its maker was in the channel then, and it ends with that.
CREATE TABLE dock (
  id TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL REFERENCES channel(id),
  account TEXT NOT NULL REFERENCES account(id),
  hash TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL CHECK (role IN ('owner', 'moderator')),
  label TEXT NOT NULL,
  made BIGINT NOT NULL,
  used BIGINT NOT NULL
);
CREATE INDEX dock_channel ON dock (channel);
CREATE INDEX dock_account ON dock (account);
