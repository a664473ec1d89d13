-- Whether the public chat says who gave; without the giver's word it does not.
ALTER TABLE checkout ADD COLUMN named BIGINT NOT NULL DEFAULT 0 CHECK (named IN (0, 1));
