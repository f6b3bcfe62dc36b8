"""The names of the forms of a dream."""

FORMS = ("plain", "tunnel", "whirl", "melt", "cloth")
"""What `dream/form` may be."""
