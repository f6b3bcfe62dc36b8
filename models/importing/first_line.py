"""What libraries say, in one line."""

from __future__ import annotations

LONGEST = 200
"""Characters."""


def first_line(error: Exception) -> str:
    """What an error says, shortened to what fits in a line."""
    words = " ".join(str(error).split()) or type(error).__name__
    return words if len(words) <= LONGEST else f"{words[:LONGEST]} ..."
