-- How a creator has set up their Sub Space; a channel without a row has all of it
-- as it is at first. 'png' is the picture in base64, and 'picture' what it is
-- called. What begins with 'tell_' is told to those outside.
CREATE TABLE space_setup (
  channel TEXT NOT NULL PRIMARY KEY REFERENCES channel(id),
  name TEXT NOT NULL,
  welcome TEXT NOT NULL,
  level BIGINT NOT NULL CHECK (level > 0),
  lives_only BIGINT NOT NULL CHECK (lives_only IN (0, 1)),
  tell_people BIGINT NOT NULL CHECK (tell_people IN (0, 1)),
  tell_reply BIGINT NOT NULL CHECK (tell_reply IN (0, 1)),
  tell_line BIGINT NOT NULL CHECK (tell_line IN (0, 1)),
  line TEXT NOT NULL,
  picture TEXT NOT NULL,
  png TEXT NOT NULL
);
