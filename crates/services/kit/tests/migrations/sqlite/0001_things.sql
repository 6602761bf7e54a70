CREATE TABLE things (
    name    TEXT PRIMARY KEY,
    size    INTEGER,
    made_at INTEGER,
    good    INTEGER
) STRICT;
