-- Accounts: whose name it is.

CREATE TABLE accounts (
    id      TEXT PRIMARY KEY,           -- the person's id, who has said things under it since before he registered
    name    TEXT NOT NULL,              -- as it is shown
    key     TEXT NOT NULL UNIQUE,       -- as it is compared
    hash    TEXT NOT NULL,              -- argon2id, in its own notation; empty where somebody else vouches for him
    created INTEGER NOT NULL
) WITHOUT ROWID;
