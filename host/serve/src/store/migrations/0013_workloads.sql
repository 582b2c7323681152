-- What runs: services, and groups of tasks that no service started. `last_seen` and `gone_at` are as of objects.
CREATE TABLE workloads (
    id TEXT NOT NULL PRIMARY KEY,
    registration_id TEXT NOT NULL REFERENCES registrations (id) ON DELETE CASCADE,
    object TEXT NOT NULL,
    uid TEXT NOT NULL,
    name TEXT NOT NULL,
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    cluster_arn TEXT NOT NULL,
    running_tasks BIGINT NOT NULL,
    last_seen BIGINT,
    gone_at BIGINT
);
CREATE INDEX workloads_registration ON workloads (registration_id, gone_at);
-- The task definitions of a workload's running tasks.
CREATE TABLE workload_revisions (
    workload_id TEXT NOT NULL REFERENCES workloads (id) ON DELETE CASCADE,
    revision TEXT NOT NULL,
    running_tasks BIGINT NOT NULL,
    PRIMARY KEY (workload_id, revision)
);
CREATE INDEX workload_revisions_revision ON workload_revisions (revision);
-- When an audit event happened; nothing of other objects.
ALTER TABLE objects ADD COLUMN event_at BIGINT;
CREATE INDEX objects_events ON objects (object, event_at, id);
-- Tasks and containers of a workload are found by their cluster.
CREATE INDEX objects_uid ON objects (uid);
-- Counts read these alone, and not the findings themselves.
CREATE INDEX findings_facets ON findings (result, severity, control_id, subject_object, account_id, region, cluster_arn, change, registration_id, subject_uid, last_seen)
    WHERE gone_at IS NULL AND result <> '';
CREATE INDEX findings_workloads ON findings (registration_id, subject_uid, gone_at, result, severity, control_id, failing_since) WHERE subject_object IN ('EcsService', 'EcsTaskGroup');
-- More than one registration may have a subject.
DROP INDEX findings_subject;
CREATE INDEX findings_subject ON findings (subject_uid, registration_id);
