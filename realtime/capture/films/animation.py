"""Animated pictures as films: GIF, WebP, PNG and AVIF, read by Pillow: FFmpeg cannot decode animated WebP."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import partial
from itertools import islice
from pathlib import Path

from PIL import Image as Pillow

from models.errors import SourceError
from realtime.capture.films.clip import Clip
from realtime.capture.films.picture import Picture
from realtime.capture.source import SourceKind, SourceOptions
from realtime.imaging.reading.names import shown_name
from realtime.imaging.reading.open_picture import is_picture_file, open_picture
from realtime.imaging.reading.read_picture import to_image

FORMATS = frozenset({"GIF", "WEBP", "PNG", "AVIF"})
SHORTEST = 0.011  # seconds: browsers show a picture for USUAL where the file says less
USUAL = 0.1
LONGEST = 600.0  # seconds; a picture that is shown for longer is a mistake in the file
LOOKED_AT = 16  # pictures from which the rate is found


class Animation:
    """The pictures of an animated picture; SourceError when they are damaged."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._playing: Generator[Picture, None, None] | None = None
        self.fps = 1 / min((picture.duration for picture in islice(self.pictures(), LOOKED_AT)), default=USUAL)

    def pictures(self) -> Iterator[Picture]:
        """Its pictures, each drawn over the one before as the file says."""
        self.close()
        self._playing = self._play()
        return self._playing

    def close(self) -> None:
        """Close the file."""
        if self._playing is not None:
            self._playing.close()

    def _play(self) -> Generator[Picture, None, None]:
        start, name = 0.0, shown_name(self._path)
        with open_picture(self._path) as animated:
            number = int(getattr(animated, "default_image", False))  # a PNG may have one that is no part of it
            while _go_to(animated, number):
                yield Picture(start, _duration(animated), partial(to_image, animated.copy(), name))
                start, number = start + _duration(animated), number + 1


def is_animation(text: str) -> bool:
    """Whether a text is the name of a file with a picture that moves."""
    try:
        if not is_picture_file(text):
            return False
        with open_picture(Path(text)) as picture:
            return picture.format in FORMATS and bool(getattr(picture, "is_animated", False))
    except SourceError:
        return False


def _go_to(animated: Pillow.Image, number: int) -> bool:
    """Load a picture and its duration; whether there is one."""
    try:
        animated.seek(number)
    except EOFError:
        return False
    animated.load()
    return True


def _duration(animated: Pillow.Image) -> float:
    """Seconds for which the present picture is shown."""
    seconds = float(animated.info.get("duration") or 0) / 1000
    return seconds if SHORTEST <= seconds < LONGEST else USUAL


def _open(text: str, options: SourceOptions) -> Clip:
    path = Path(text)
    return Clip(shown_name(path), lambda: Animation(path), loop=options.loop)


ANIMATION = SourceKind(expected="a picture", matches=is_animation, open=_open)
