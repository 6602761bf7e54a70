-- Audit events that DataStorage has not taken yet, oldest first by id. They are
-- written in the transaction of the change that they tell of.
CREATE TABLE audit_outbox (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id TEXT   NOT NULL UNIQUE,
    event    TEXT   NOT NULL,
    -- Bytes of the event.
    size     BIGINT NOT NULL
);

-- Audit events that DataStorage will never take, for whoever looks for them.
CREATE TABLE audit_refused (
    event_id   TEXT   NOT NULL PRIMARY KEY,
    event      TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    -- Microseconds since 1970.
    refused_at BIGINT NOT NULL
);
