"""Threads, what they exchange, and signals."""
