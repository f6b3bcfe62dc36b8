"""Watches a show from another process, and starts it again when it has failed."""
