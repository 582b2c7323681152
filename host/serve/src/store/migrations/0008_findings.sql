-- Findings, as objects: `last_seen` is empty where the newest loaded scan gave them. Severities are numbers, 5 for
-- critical to 1 for informational, so that they sort.
CREATE TABLE findings (
    id TEXT NOT NULL PRIMARY KEY,
    registration_id TEXT NOT NULL REFERENCES registrations (id) ON DELETE CASCADE,
    uid TEXT NOT NULL,
    control_id TEXT NOT NULL,
    severity BIGINT NOT NULL,
    result TEXT NOT NULL,
    verdict TEXT NOT NULL,
    subject_object TEXT NOT NULL,
    subject_uid TEXT NOT NULL,
    subject_name TEXT NOT NULL,
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    cluster_arn TEXT NOT NULL,
    is_latest INTEGER,
    running_tasks BIGINT,
    body TEXT NOT NULL,
    digest TEXT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen BIGINT,
    -- The newest change of the result, and of the beginning of the failure, which an answer that is missing does not end.
    since BIGINT NOT NULL,
    failing_since BIGINT,
    resolved_at BIGINT,
    gone_at BIGINT,
    -- What the newest complete scan changed: `new`, `reopened`, `resolved` or nothing.
    change TEXT NOT NULL
);
CREATE INDEX findings_registration ON findings (registration_id);
CREATE INDEX findings_order ON findings (severity, since, id);
CREATE INDEX findings_control ON findings (control_id, result);
CREATE INDEX findings_subject ON findings (subject_uid);
-- What happened to a finding, in the order of `id`.
CREATE TABLE finding_events (
    id TEXT NOT NULL PRIMARY KEY,
    finding_id TEXT NOT NULL REFERENCES findings (id) ON DELETE CASCADE,
    scan_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    event TEXT NOT NULL,
    result TEXT NOT NULL,
    result_before TEXT
);
CREATE INDEX finding_events_finding ON finding_events (finding_id, id);
