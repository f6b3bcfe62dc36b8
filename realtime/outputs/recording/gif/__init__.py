"""GIF files: from a recorded video in three qualities and within a size, and from drawings in a palette."""
