-- How often an account's resume secrets were made void, by /logout and the like: who has an older one has none.

ALTER TABLE accounts ADD COLUMN voided INTEGER NOT NULL DEFAULT 0;
