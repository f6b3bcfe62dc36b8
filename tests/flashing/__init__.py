"""Films that flash, and an analyser that finds it."""
