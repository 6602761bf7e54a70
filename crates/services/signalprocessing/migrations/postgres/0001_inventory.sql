-- What is known of the things that signals are about. A namespace has neither kind
-- nor name. Entries are JSON.
CREATE TABLE inventory (
    namespace TEXT NOT NULL,
    kind      TEXT NOT NULL,
    name      TEXT NOT NULL,
    entry     TEXT NOT NULL,
    PRIMARY KEY (namespace, kind, name)
);
