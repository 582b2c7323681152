-- How much of each control was evaluated in each account and Region, by the newest scan that was asked for it.
CREATE TABLE coverage (
    registration_id TEXT NOT NULL REFERENCES registrations (id) ON DELETE CASCADE,
    control_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    scan_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    counts TEXT NOT NULL,
    PRIMARY KEY (registration_id, control_id, account_id, region)
);
