"""Dreams: gradient ascent on still and moving pictures."""
