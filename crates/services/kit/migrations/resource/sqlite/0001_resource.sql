-- The resources of a service. Times are microseconds since 1970; spec and status
-- are JSON.
CREATE TABLE resources (
    -- A UUID of version 7, so ids are in the order of creation.
    id             TEXT    NOT NULL PRIMARY KEY,
    name           TEXT    NOT NULL UNIQUE,
    correlation_id TEXT    NOT NULL,
    spec           TEXT    NOT NULL,
    phase          TEXT    NOT NULL,
    status         TEXT    NOT NULL,
    -- Goes up with every change.
    version        INTEGER NOT NULL,
    -- How many steps have failed since the last one that did not.
    attempts       INTEGER NOT NULL DEFAULT 0,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    completed_at   INTEGER,
    -- When the next step is due, or when the owner's lease ends.
    due_at         INTEGER,
    -- Whose claim it is.
    owner          TEXT,
    -- Whether it is only there until what it made elsewhere is gone.
    deleted        INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX resources_due ON resources (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX resources_correlation ON resources (correlation_id);
CREATE INDEX resources_phase ON resources (phase);

-- By what resources are found besides their name.
CREATE TABLE resource_keys (
    resource_id TEXT NOT NULL REFERENCES resources (id) ON DELETE CASCADE,
    key         TEXT NOT NULL,
    value       TEXT NOT NULL,
    PRIMARY KEY (resource_id, key)
) STRICT;
CREATE INDEX resource_keys_value ON resource_keys (key, value, resource_id);

-- What only one unfinished resource may have.
CREATE TABLE resource_claims (
    claim       TEXT NOT NULL PRIMARY KEY,
    resource_id TEXT NOT NULL REFERENCES resources (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX resource_claims_resource ON resource_claims (resource_id);
