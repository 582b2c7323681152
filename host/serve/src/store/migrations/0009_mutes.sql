-- Decisions to live with findings for a time.
CREATE TABLE mutes (
    id TEXT NOT NULL PRIMARY KEY,
    control_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- The pattern as LIKE takes it; empty if it is no pattern.
    subject_like TEXT,
    reason TEXT NOT NULL,
    author TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_by TEXT
);
