-- Times are microseconds since 1970 in UTC. Names of states and phases are the
-- ones that the API shows.

CREATE TABLE notifications (
    id             TEXT PRIMARY KEY,
    name           TEXT NOT NULL UNIQUE,
    correlation_id TEXT NOT NULL,
    -- 0 is the most urgent.
    priority       INTEGER NOT NULL,
    -- The request, scrubbed, as JSON.
    spec           TEXT NOT NULL,
    -- Follows from the deliveries' states, and is written together with them.
    phase          TEXT NOT NULL CHECK (phase IN
        ('Pending', 'Sending', 'Retrying', 'Sent', 'PartiallySent', 'Failed')),
    created_at     INTEGER NOT NULL,
    completed_at   INTEGER
) STRICT;

CREATE INDEX notifications_by_correlation ON notifications (correlation_id);

-- One row for each channel of a notification.
CREATE TABLE deliveries (
    notification_id TEXT NOT NULL REFERENCES notifications (id) ON DELETE CASCADE,
    channel         TEXT NOT NULL,
    -- The channel's place in the request.
    position        INTEGER NOT NULL,
    state           TEXT NOT NULL CHECK (state IN
        ('Pending', 'Sending', 'Retrying', 'Sent', 'Failed')),
    -- When the next attempt is due; null while one is under way and at the end.
    due_at          INTEGER,
    -- Whether a failure is final because trying again could not help.
    permanent       INTEGER,
    PRIMARY KEY (notification_id, channel)
) STRICT;

CREATE INDEX deliveries_due ON deliveries (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE attempts (
    notification_id TEXT NOT NULL,
    channel         TEXT NOT NULL,
    number          INTEGER NOT NULL,
    started_at      INTEGER NOT NULL,
    ended_at        INTEGER,
    -- Null while it is under way.
    outcome         TEXT CHECK (outcome IN ('success', 'failure', 'interrupted')),
    http_status     INTEGER,
    error           TEXT,
    receipt         TEXT,
    PRIMARY KEY (notification_id, channel, number),
    FOREIGN KEY (notification_id, channel)
        REFERENCES deliveries (notification_id, channel) ON DELETE CASCADE
) STRICT;

-- Audit events that DataStorage has not confirmed yet. They are written together
-- with the outcome that they tell of, so that neither is lost without the other.
CREATE TABLE outbox (
    event_id   TEXT PRIMARY KEY,
    event      TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
