"""The chat itself: people, rooms, events and their order. It knows no transport, no bytes and no reactor."""
