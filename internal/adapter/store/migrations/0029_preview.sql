-- Whether links in a channel's public chat, and in its Sub Space with the threads,
-- are shown with what their pages say.
ALTER TABLE channel ADD COLUMN preview_public BIGINT NOT NULL DEFAULT 0 CHECK (preview_public IN (0, 1));
ALTER TABLE channel ADD COLUMN preview_space BIGINT NOT NULL DEFAULT 0 CHECK (preview_space IN (0, 1));
