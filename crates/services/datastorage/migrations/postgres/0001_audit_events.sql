-- The audit trail. Times are microseconds since 1970-01-01T00:00:00Z, ids are
-- UUIDs in lower case with hyphens. Texts compare by their bytes, as on SQLite.
CREATE TABLE audit_events (
    event_id        TEXT   COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(event_id) = 36),
    version         TEXT   NOT NULL,
    event_type      TEXT   COLLATE "C" NOT NULL,
    event_timestamp BIGINT NOT NULL,
    event_category  TEXT   NOT NULL,
    event_action    TEXT   NOT NULL,
    event_outcome   TEXT   NOT NULL,
    correlation_id  TEXT   COLLATE "C" NOT NULL,
    -- The text as it was sent; the check fails for text that is no JSON.
    event_data      TEXT   NOT NULL CHECK (CAST(event_data AS json) IS NOT NULL),
    parent_event_id TEXT   COLLATE "C" REFERENCES audit_events (event_id),
    actor_type      TEXT,
    actor_id        TEXT,
    resource_type   TEXT   COLLATE "C",
    resource_id     TEXT   COLLATE "C",
    namespace       TEXT,
    cluster_name    TEXT,
    severity        TEXT,
    duration_ms     BIGINT CHECK (duration_ms >= 0),
    recorded_at     BIGINT NOT NULL
);

-- Every query is answered newest first, ties by id.
CREATE INDEX audit_events_by_time
    ON audit_events (event_timestamp, event_id);
CREATE INDEX audit_events_by_correlation
    ON audit_events (correlation_id, event_timestamp, event_id);
CREATE INDEX audit_events_by_type
    ON audit_events (event_type, event_timestamp, event_id);
CREATE INDEX audit_events_by_resource
    ON audit_events (resource_type, resource_id, event_timestamp, event_id);

-- The trail is append-only, whoever asks. A statement is refused even if it
-- would change no row. The code is one of the class of integrity constraints.
CREATE FUNCTION audit_events_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_events is append-only: no %', lower(TG_OP)
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER audit_events_refuse_change
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION audit_events_refuse();
