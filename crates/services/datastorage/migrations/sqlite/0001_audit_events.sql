-- The audit trail. Times are microseconds since 1970-01-01T00:00:00Z, ids are
-- UUIDs in lower case with hyphens.
CREATE TABLE audit_events (
    event_id        TEXT    NOT NULL PRIMARY KEY CHECK (length(event_id) = 36),
    version         TEXT    NOT NULL,
    event_type      TEXT    NOT NULL,
    event_timestamp INTEGER NOT NULL,
    event_category  TEXT    NOT NULL,
    event_action    TEXT    NOT NULL,
    event_outcome   TEXT    NOT NULL,
    correlation_id  TEXT    NOT NULL,
    event_data      TEXT    NOT NULL CHECK (json_valid(event_data)),
    parent_event_id TEXT    REFERENCES audit_events (event_id),
    actor_type      TEXT,
    actor_id        TEXT,
    resource_type   TEXT,
    resource_id     TEXT,
    namespace       TEXT,
    cluster_name    TEXT,
    severity        TEXT,
    duration_ms     INTEGER CHECK (duration_ms >= 0),
    recorded_at     INTEGER NOT NULL
) STRICT;

-- Every query is answered newest first, ties by id.
CREATE INDEX audit_events_by_time
    ON audit_events (event_timestamp, event_id);
CREATE INDEX audit_events_by_correlation
    ON audit_events (correlation_id, event_timestamp, event_id);
CREATE INDEX audit_events_by_type
    ON audit_events (event_type, event_timestamp, event_id);
CREATE INDEX audit_events_by_resource
    ON audit_events (resource_type, resource_id, event_timestamp, event_id);

-- The trail is append-only, whoever asks.
CREATE TRIGGER audit_events_refuse_update BEFORE UPDATE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'audit_events is append-only: no update');
END;

CREATE TRIGGER audit_events_refuse_delete BEFORE DELETE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'audit_events is append-only: no delete');
END;

-- `INSERT OR REPLACE` deletes without firing delete triggers, so a row that is
-- there already has to be refused before the insertion.
CREATE TRIGGER audit_events_refuse_replace BEFORE INSERT ON audit_events
WHEN EXISTS (
    SELECT 1 FROM audit_events
    WHERE event_id = NEW.event_id OR rowid = NEW.rowid
)
BEGIN
    SELECT RAISE(ABORT, 'audit_events is append-only: no replace');
END;
