"""A click on a view."""

from dataclasses import dataclass
from typing import TypeAlias

from models.spec import ModelInfo

Place: TypeAlias = tuple[float, float]
"""A place as shares of a width and of a height, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Click:
    """A click with the left button, or with the right one; `twice` for the second one of a double click.

    `panel` is its place in the panel of the view; `picture` the one in the picture there, None beside it; `channel`
    that of the tile under it, None where there is none.
    """

    panel: Place
    picture: Place | None
    channel: int | None
    info: ModelInfo
    right: bool = False
    twice: bool = False
