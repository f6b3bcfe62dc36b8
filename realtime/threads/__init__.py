"""Threads, the mailbox between them, and signals."""
