-- Since when the asker allows that everybody reads an answered question, and since
-- when everybody may; 0: not.
ALTER TABLE question ADD COLUMN consented BIGINT NOT NULL DEFAULT 0 CHECK (consented >= 0);
ALTER TABLE question ADD COLUMN published BIGINT NOT NULL DEFAULT 0 CHECK (published >= 0);
