"""GIFs from drawings in a given palette, and the times of their frames."""

import io
from collections.abc import Iterable, Iterator, Sequence

from PIL import Image as Pillow


def delays(seconds: Iterable[float]) -> Iterator[int]:
    """Frame times in milliseconds, rounded to the hundredths of a second of a GIF; rounding errors are carried over."""
    end, total = 0.0, 0
    for each in seconds:
        end += each
        hundredths = max(round(end * 100) - total, 2)
        total += hundredths
        yield 10 * hundredths


def encode_gif(images: Iterable[Pillow.Image], milliseconds: Sequence[int]) -> bytes:
    """Images in a palette as a GIF that loops endlessly."""
    first, *others = images
    content = io.BytesIO()
    timing = {"duration": list(milliseconds), "loop": 0}
    first.save(content, "GIF", save_all=True, append_images=others, optimize=False, **timing)
    return content.getvalue()
