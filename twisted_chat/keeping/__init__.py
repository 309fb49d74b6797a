"""Where the charters of rooms, bans from the server, and what keepers and operators did, are kept."""
