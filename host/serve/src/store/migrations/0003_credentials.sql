-- AWS credentials. The secrets are in `sealed`, encrypted with a key of their own, which is in `wrapped_key`,
-- encrypted with the master key `key_id`.
CREATE TABLE credentials (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    access_key_id TEXT,
    roles TEXT NOT NULL,
    has_external_id INTEGER NOT NULL,
    account_id TEXT,
    arn TEXT,
    partition TEXT,
    verified_at BIGINT,
    version BIGINT NOT NULL,
    sealed BLOB NOT NULL,
    wrapped_key BLOB NOT NULL,
    key_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    rotated_at BIGINT,
    last_used_at BIGINT
);
