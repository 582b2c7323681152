-- Answers to requests with an Idempotency-Key, which a repeated request gets again.
CREATE TABLE idempotency (
    token_id TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request TEXT NOT NULL,
    status BIGINT,
    body TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (token_id, idempotency_key)
);
