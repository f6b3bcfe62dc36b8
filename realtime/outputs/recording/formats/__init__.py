"""The writers of each file format but GIF."""
