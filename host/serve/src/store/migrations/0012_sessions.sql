-- Sessions of the page. Only the hash of a cookie is kept. A session is valid as long as its token.
CREATE TABLE sessions (
    hash TEXT NOT NULL PRIMARY KEY,
    token_id TEXT NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_token ON sessions (token_id);
