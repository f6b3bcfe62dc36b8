"""Commands that make or describe networks."""
