"""Attacks on the real server as a process: of modest size, or with TWISTED_CHAT_ATTACKS=full as large as they come."""
