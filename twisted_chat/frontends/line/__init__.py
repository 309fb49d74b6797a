"""The door on the line port: one connection, two dialects (people and JSON), one protocol."""
