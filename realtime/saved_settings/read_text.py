"""Reads the text with the settings out of a PNG, GIF, WebP, MP4, WebM or take.

The file may come from a stranger: the text is limited, and whoever uses it checks every value.
"""

from contextlib import closing
from pathlib import Path

from PIL import Image as Pillow

from models.errors import SourceError
from realtime.imaging.png import TEXT_KEY
from realtime.saved_settings.webp_description import description

LONGEST = 2_000_000  # characters
PICTURES = ("PNG", "GIF", "WEBP")


def read_text(path: Path) -> str:
    """The text; OSError, KeyError, ValueError or SourceError where there is none."""
    if path.exists() and not path.is_file():
        raise OSError(None, "it is not a file")
    with path.open("rb") as file:
        start = file.read(12)
    is_picture = start[:3] == b"GIF" or start[1:4] == b"PNG" or start[8:] == b"WEBP"
    text = _of_picture(path) if is_picture else _of_film(path)
    if len(text) > LONGEST:
        raise ValueError("the text is too long")
    return text


def _of_picture(path: Path) -> str:
    with Pillow.open(path, formats=PICTURES) as picture:
        if picture.format == "GIF":
            comment = picture.info["comment"]
            return comment.decode() if isinstance(comment, bytes) else str(comment)
        if picture.format == "WEBP":
            return description(picture.info["xmp"])
        picture.load()
        return str(picture.text[TEXT_KEY])  # type: ignore[attr-defined]


def _of_film(path: Path) -> str:
    from realtime.capture.films.container import read_container  # loads PyAV, which pictures do not need
    from realtime.capture.films.film_file import FilmFile

    file = FilmFile(path)
    try:
        with closing(read_container(file, path.name)) as container:
            tags = {name.lower(): text for name, text in container.metadata.items()}
            return tags["ventral"] if "ventral" in tags else tags["comment"]
    except SourceError as error:
        raise ValueError(str(error)) from error
    finally:
        file.close()
