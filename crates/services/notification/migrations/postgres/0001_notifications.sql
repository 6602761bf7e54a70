-- Times are microseconds since 1970 in UTC. Names of states and phases are the
-- ones that the API shows. Ids compare by their bytes, as on SQLite.

CREATE TABLE notifications (
    id             TEXT   COLLATE "C" PRIMARY KEY,
    name           TEXT   COLLATE "C" NOT NULL UNIQUE,
    correlation_id TEXT   COLLATE "C" NOT NULL,
    -- 0 is the most urgent.
    priority       BIGINT NOT NULL,
    -- The request, scrubbed, as JSON.
    spec           TEXT   NOT NULL,
    -- Follows from the deliveries' states, and is written together with them.
    phase          TEXT   NOT NULL CHECK (phase IN
        ('Pending', 'Sending', 'Retrying', 'Sent', 'PartiallySent', 'Failed')),
    created_at     BIGINT NOT NULL,
    completed_at   BIGINT,
    -- The receiver that routing chose at acceptance, as JSON; null where the
    -- request names its channels itself.
    receiver       TEXT
);

CREATE INDEX notifications_by_correlation ON notifications (correlation_id);

-- One row for each channel of a notification.
CREATE TABLE deliveries (
    notification_id TEXT   COLLATE "C" NOT NULL REFERENCES notifications (id) ON DELETE CASCADE,
    channel         TEXT   COLLATE "C" NOT NULL,
    -- The channel's place in the request.
    position        BIGINT NOT NULL,
    state           TEXT   NOT NULL CHECK (state IN
        ('Pending', 'Sending', 'Retrying', 'Sent', 'Failed')),
    -- When the next attempt is due; while one is under way, when its claim ends;
    -- null at the end.
    due_at          BIGINT,
    -- Whether a failure is final because trying again could not help: 0 or 1.
    permanent       BIGINT,
    -- Who makes the attempt that is under way: the id of the claim; null
    -- otherwise.
    owner           TEXT,
    PRIMARY KEY (notification_id, channel)
);

CREATE INDEX deliveries_due ON deliveries (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE attempts (
    notification_id TEXT   COLLATE "C" NOT NULL,
    channel         TEXT   COLLATE "C" NOT NULL,
    number          BIGINT NOT NULL,
    started_at      BIGINT NOT NULL,
    ended_at        BIGINT,
    -- Null while it is under way.
    outcome         TEXT CHECK (outcome IN ('success', 'failure', 'interrupted')),
    http_status     BIGINT,
    error           TEXT,
    receipt         TEXT,
    PRIMARY KEY (notification_id, channel, number),
    FOREIGN KEY (notification_id, channel)
        REFERENCES deliveries (notification_id, channel) ON DELETE CASCADE
);
