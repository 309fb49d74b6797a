-- The networks that are kept away from the whole server. What its operators did is in `actions`, of the room ''.

CREATE TABLE network_bans (
    network  TEXT NOT NULL UNIQUE,      -- in its one spelling; of IPv6 64 bits at most
    operator TEXT NOT NULL,
    why      TEXT NOT NULL,
    since    INTEGER NOT NULL,
    until    INTEGER NOT NULL           -- 0: for good
);
