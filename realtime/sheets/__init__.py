"""Sheets, slides and stories: still pictures that show a network."""
