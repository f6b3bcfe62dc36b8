"""Commands that run the render pipeline, and what it can be set to."""
