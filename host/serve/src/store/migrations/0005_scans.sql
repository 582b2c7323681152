-- Scans, which are also the queue.
CREATE TABLE scans (
    id TEXT NOT NULL PRIMARY KEY,
    registration_id TEXT NOT NULL REFERENCES registrations (id) ON DELETE CASCADE,
    trigger_kind TEXT NOT NULL,
    state TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    owner TEXT,
    heartbeat_at BIGINT,
    not_before BIGINT NOT NULL,
    progress TEXT,
    reason TEXT,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT,
    captured_at BIGINT,
    report TEXT,
    assessment TEXT,
    counts TEXT
);
CREATE INDEX scans_registration ON scans (registration_id, id);
CREATE INDEX scans_state ON scans (state, not_before);
-- The accounts and Regions that a scan asks; `*` stands for those that are only known later.
CREATE TABLE scan_places (
    scan_id TEXT NOT NULL REFERENCES scans (id) ON DELETE CASCADE,
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    PRIMARY KEY (scan_id, account_id, region)
);
