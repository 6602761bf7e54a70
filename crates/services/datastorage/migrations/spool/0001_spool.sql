-- Events that were acknowledged and are not in the trail yet, oldest first by
-- position. Times are microseconds since 1970-01-01T00:00:00Z.
CREATE TABLE waiting_events (
    position    INTEGER PRIMARY KEY,
    -- The event's `recorded_at` in the trail.
    accepted_at INTEGER NOT NULL,
    event       TEXT    NOT NULL
) STRICT;

-- Acknowledged events that can never be in the trail, for operators.
CREATE TABLE dead_letters (
    id          INTEGER PRIMARY KEY,
    accepted_at INTEGER NOT NULL,
    event       TEXT    NOT NULL,
    rejected_at INTEGER NOT NULL,
    reason      TEXT    NOT NULL
) STRICT;
