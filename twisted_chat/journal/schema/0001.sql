-- The first shape of the log. What is kept, and why each index is there.

-- Exactly one row: who this log is. `key` signs the resume secrets.
CREATE TABLE log (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    id      TEXT NOT NULL,
    key     BLOB NOT NULL CHECK (length(key) = 32),
    created INTEGER NOT NULL,           -- UTC, milliseconds since 1970, like every time here
    directs_lost INTEGER NOT NULL DEFAULT 0, -- the highest direct message that retention took
    erased       INTEGER NOT NULL DEFAULT 0  -- 1: traces of deleted words are in the file; 2: they are being wiped
);

CREATE TABLE rooms (
    number INTEGER PRIMARY KEY,
    id     TEXT NOT NULL UNIQUE,        -- the core's own id
    name   TEXT NOT NULL,
    topic  TEXT NOT NULL DEFAULT '',
    lost   INTEGER NOT NULL DEFAULT 0   -- the highest event that retention took
);

-- AUTOINCREMENT: a number is never given again, not even the last one's after it was taken away.
CREATE TABLE events (
    seq            INTEGER PRIMARY KEY AUTOINCREMENT,
    kind           INTEGER NOT NULL,    -- twisted_chat/journal/rows.py
    room           INTEGER REFERENCES rooms (number),  -- NULL for a direct message
    person         TEXT NOT NULL,
    nick           TEXT NOT NULL,
    time           INTEGER NOT NULL,
    text           TEXT,                -- NULL: deleted; an edit has none of its own, its words are its target's
    addressee      TEXT,
    addressee_nick TEXT,
    action         INTEGER NOT NULL DEFAULT 0,
    client_id      TEXT,
    target         INTEGER,
    revised        INTEGER NOT NULL DEFAULT 0
);

-- Each ends with seq by itself: a room's past is read forwards and backwards without sorting.
CREATE INDEX events_of_room ON events (room) WHERE room IS NOT NULL;
CREATE INDEX directs_from ON events (person) WHERE room IS NULL;
CREATE INDEX directs_to ON events (addressee) WHERE room IS NULL;

-- What makes saying it again safe.
CREATE UNIQUE INDEX events_by_client_id ON events (person, client_id) WHERE client_id IS NOT NULL;

CREATE TABLE read_marks (
    person TEXT NOT NULL,
    room   TEXT NOT NULL,               -- a room's id; empty for direct messages
    seq    INTEGER NOT NULL,
    PRIMARY KEY (person, room)
) WITHOUT ROWID;

-- The index of words. It holds no second copy of any text; `place` says who may find it and by whom it was said.
CREATE VIRTUAL TABLE words USING fts5 (
    body, place, content='', columnsize=0, tokenize="unicode61 remove_diacritics 0"
);

-- Lines whose words were changed or deleted, and near which traces may be in the file: see journal/keeping.py.
CREATE TABLE to_wipe (
    seq INTEGER PRIMARY KEY
);

-- What is deleted keeps its place, so that its client id can be known again, until it is swept away.
CREATE INDEX erased ON events (time) WHERE text IS NULL AND kind <= 3;
