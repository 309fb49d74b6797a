"""Where the charters of rooms, and what their keepers did, are kept."""
