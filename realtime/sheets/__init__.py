"""Sheets: still pictures and stories that show a network, for slides and walls."""
