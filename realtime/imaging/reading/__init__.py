"""Reads pictures from files: every format, profile and orientation, as one kind of image."""
