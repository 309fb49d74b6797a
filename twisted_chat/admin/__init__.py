"""``twisted-chat-admin``: what an administrator does with a log besides running a server on it."""
