CREATE TABLE things (
    name    TEXT PRIMARY KEY,
    size    BIGINT,
    made_at BIGINT,
    good    BIGINT
);
