"""A show as a service of its user, which systemd starts with the session and again whenever it ends."""
