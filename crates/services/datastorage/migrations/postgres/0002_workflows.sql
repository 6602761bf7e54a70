-- The workflow catalog. Times are microseconds since 1970-01-01T00:00:00Z, ids
-- are UUIDs in lower case with hyphens, `*` in a label is any value.
CREATE TABLE workflows (
    -- The order in which versions were created, whatever the clock said.
    sequence         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workflow_id      TEXT   COLLATE "C" NOT NULL UNIQUE CHECK (length(workflow_id) = 36),
    name             TEXT   COLLATE "C" NOT NULL,
    version          TEXT   COLLATE "C" NOT NULL,
    title            TEXT   NOT NULL,
    description      TEXT   NOT NULL,
    owner            TEXT,
    maintainer       TEXT,
    container_image  TEXT,
    container_digest TEXT,
    signal_type      TEXT   COLLATE "C" NOT NULL,
    severity         TEXT   NOT NULL,
    component        TEXT   COLLATE "C" NOT NULL,
    environment      TEXT   NOT NULL,
    priority         TEXT   NOT NULL,
    custom_labels    TEXT   NOT NULL CHECK (CAST(custom_labels AS json) IS NOT NULL),
    detected_labels  TEXT   NOT NULL CHECK (CAST(detected_labels AS json) IS NOT NULL),
    parameters       TEXT   NOT NULL CHECK (CAST(parameters AS json) IS NOT NULL),
    content          TEXT   NOT NULL CHECK (CAST(content AS json) IS NOT NULL),
    content_hash     TEXT   NOT NULL CHECK (length(content_hash) = 64),
    status           TEXT   NOT NULL
        CHECK (status IN ('active', 'disabled', 'deprecated', 'archived')),
    status_reason    TEXT,
    is_latest        BIGINT NOT NULL CHECK (is_latest IN (0, 1)),
    previous_version TEXT,
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    UNIQUE (name, version)
);

-- At most one version of a name is the latest, whoever writes.
CREATE UNIQUE INDEX workflows_one_latest ON workflows (name) WHERE is_latest = 1;

-- A search looks at what can be chosen, and at nothing else.
CREATE INDEX workflows_to_choose_from
    ON workflows (signal_type, component) WHERE is_latest = 1 AND status = 'active';

-- Lists are answered newest first.
CREATE INDEX workflows_by_name ON workflows (name, sequence);

-- A version is what it was created as, but for its status and its place among
-- the versions; what is to be different is a new version. A statement is
-- refused even if it would change no row.
CREATE FUNCTION workflows_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'a workflow is changed by a new version'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RAISE EXCEPTION 'a workflow is archived, not deleted' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER workflows_refuse_update BEFORE UPDATE OF
    sequence, workflow_id, name, version, title, description, owner, maintainer,
    container_image, container_digest, signal_type, severity, component, environment,
    priority, custom_labels, detected_labels, parameters, content, content_hash,
    previous_version, created_at
ON workflows
    FOR EACH STATEMENT EXECUTE FUNCTION workflows_refuse();

CREATE TRIGGER workflows_refuse_delete BEFORE DELETE OR TRUNCATE ON workflows
    FOR EACH STATEMENT EXECUTE FUNCTION workflows_refuse();
