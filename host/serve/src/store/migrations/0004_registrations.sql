-- What is scanned, with which credential and when. A deleted credential leaves its registrations stopped.
CREATE TABLE registrations (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    credential_id TEXT REFERENCES credentials (id),
    settings TEXT NOT NULL,
    schedule TEXT NOT NULL,
    places TEXT NOT NULL,
    state TEXT NOT NULL,
    state_reason TEXT,
    next_run_at BIGINT,
    planned_at BIGINT NOT NULL,
    -- The newest scan whose records are in the store, and its LAST_CAPTURED.
    loaded_scan TEXT,
    captured_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX registrations_credential ON registrations (credential_id);
CREATE INDEX registrations_due ON registrations (state, next_run_at);
