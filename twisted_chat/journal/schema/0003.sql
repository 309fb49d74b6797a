-- Rooms with keepers: what each room has written down, and what its keepers did.

CREATE TABLE charters (
    room         TEXT PRIMARY KEY,      -- the core's own id, as in rooms; nothing need have been said in it
    name         TEXT NOT NULL,
    founder      TEXT NOT NULL,         -- an account's id; empty for rules of a room that nobody registered
    founder_name TEXT NOT NULL,
    created      INTEGER NOT NULL
) WITHOUT ROWID;

-- Roles, settings, bans, hushes: twisted_chat/keeping/rows.py
CREATE TABLE charter_parts (
    room TEXT NOT NULL,
    part TEXT NOT NULL
);
CREATE INDEX parts_of_charter ON charter_parts (room);

-- The audit log of each room.
CREATE TABLE actions (
    number  INTEGER PRIMARY KEY,
    room    TEXT NOT NULL,
    time    INTEGER NOT NULL,
    person  TEXT NOT NULL,
    nick    TEXT NOT NULL,
    verb    TEXT NOT NULL,
    whom    TEXT NOT NULL DEFAULT '',
    whom_id TEXT NOT NULL DEFAULT '',
    why     TEXT NOT NULL DEFAULT '',
    before  TEXT,                       -- the piece of the charter that was changed, for undoing it
    after   TEXT,
    undone  INTEGER NOT NULL DEFAULT 0  -- by the action with this number
);
CREATE INDEX actions_of_room ON actions (room, number);

-- Their lines may still be in the log; the rooms are gone.
CREATE TABLE dropped_rooms (
    room TEXT PRIMARY KEY
) WITHOUT ROWID;
