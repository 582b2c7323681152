-- The records of the newest whole picture of each registration. `last_seen` is empty where the newest loaded scan
-- saw the object, so that a scan writes only what has changed.
CREATE TABLE objects (
    id TEXT NOT NULL PRIMARY KEY,
    registration_id TEXT NOT NULL REFERENCES registrations (id) ON DELETE CASCADE,
    object TEXT NOT NULL,
    uid TEXT NOT NULL,
    name TEXT NOT NULL,
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    cluster_arn TEXT NOT NULL,
    body TEXT NOT NULL,
    digest TEXT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen BIGINT,
    gone_at BIGINT
);
CREATE INDEX objects_registration ON objects (registration_id, object);
CREATE INDEX objects_list ON objects (object, id);
