"""The unframed doors: for the clients of two old teaching programs, to whom one read is one message."""
