-- Creators' pictures for badges. 'png' is the file in base64: a copy of the
-- database knows words and numbers only.
CREATE TABLE badge (
  channel TEXT NOT NULL REFERENCES channel(id),
  badge TEXT NOT NULL,
  picture TEXT NOT NULL,
  png TEXT NOT NULL,
  PRIMARY KEY (channel, badge)
);
