-- The workflow catalog. Times are microseconds since 1970-01-01T00:00:00Z, ids
-- are UUIDs in lower case with hyphens, `*` in a label is any value.
CREATE TABLE workflows (
    -- The order in which versions were created, whatever the clock said.
    sequence         INTEGER PRIMARY KEY AUTOINCREMENT,
    workflow_id      TEXT    NOT NULL UNIQUE CHECK (length(workflow_id) = 36),
    name             TEXT    NOT NULL,
    version          TEXT    NOT NULL,
    title            TEXT    NOT NULL,
    description      TEXT    NOT NULL,
    owner            TEXT,
    maintainer       TEXT,
    container_image  TEXT,
    container_digest TEXT,
    signal_type      TEXT    NOT NULL,
    severity         TEXT    NOT NULL,
    component        TEXT    NOT NULL,
    environment      TEXT    NOT NULL,
    priority         TEXT    NOT NULL,
    custom_labels    TEXT    NOT NULL CHECK (json_valid(custom_labels)),
    detected_labels  TEXT    NOT NULL CHECK (json_valid(detected_labels)),
    parameters       TEXT    NOT NULL CHECK (json_valid(parameters)),
    content          TEXT    NOT NULL CHECK (json_valid(content)),
    content_hash     TEXT    NOT NULL CHECK (length(content_hash) = 64),
    status           TEXT    NOT NULL
        CHECK (status IN ('active', 'disabled', 'deprecated', 'archived')),
    status_reason    TEXT,
    is_latest        INTEGER NOT NULL CHECK (is_latest IN (0, 1)),
    previous_version TEXT,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    UNIQUE (name, version)
) STRICT;

-- At most one version of a name is the latest, whoever writes.
CREATE UNIQUE INDEX workflows_one_latest ON workflows (name) WHERE is_latest = 1;

-- A search looks at what can be chosen, and at nothing else.
CREATE INDEX workflows_to_choose_from
    ON workflows (signal_type, component) WHERE is_latest = 1 AND status = 'active';

-- Lists are answered newest first.
CREATE INDEX workflows_by_name ON workflows (name, sequence);

-- A version is what it was created as, but for its status and its place among
-- the versions; what is to be different is a new version.
CREATE TRIGGER workflows_refuse_update BEFORE UPDATE OF
    sequence, workflow_id, name, version, title, description, owner, maintainer,
    container_image, container_digest, signal_type, severity, component, environment,
    priority, custom_labels, detected_labels, parameters, content, content_hash,
    previous_version, created_at
ON workflows
BEGIN
    SELECT RAISE(ABORT, 'a workflow is changed by a new version');
END;

CREATE TRIGGER workflows_refuse_delete BEFORE DELETE ON workflows
BEGIN
    SELECT RAISE(ABORT, 'a workflow is archived, not deleted');
END;

-- `INSERT OR REPLACE` deletes without firing delete triggers.
CREATE TRIGGER workflows_refuse_replace BEFORE INSERT ON workflows
WHEN EXISTS (
    SELECT 1 FROM workflows
    WHERE workflow_id = NEW.workflow_id
        OR sequence = NEW.sequence
        OR (name = NEW.name AND version = NEW.version)
        OR (name = NEW.name AND is_latest = 1 AND NEW.is_latest = 1)
)
BEGIN
    SELECT RAISE(ABORT, 'a workflow is changed by a new version');
END;
