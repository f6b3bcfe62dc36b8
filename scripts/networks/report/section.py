"""Sections and figures of a report, and the HTML of images and tables."""

import base64
import struct
from dataclasses import dataclass
from html import escape

from realtime.imaging.frame import Image
from realtime.imaging.png import encode_png

PIXEL_RATIO = 1.5  # pixels of a figure per pixel of the page


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: its file name without .png, the content of the file, and the caption."""

    name: str
    png: bytes
    caption: str

    @property
    def html(self) -> str:
        """The embedded image with its caption."""
        return (
            f'<figure><img width="{self._width}" src="{data_uri(self.png)}" alt="{escape(self.caption)}">'
            f"<figcaption>{escape(self.caption)}</figcaption></figure>"
        )

    @property
    def _width(self) -> int:
        """The width on the page, smaller than that of the image, which stays sharp on high-resolution screens."""
        width: int = struct.unpack_from(">I", self.png, 16)[0]
        return round(width / PIXEL_RATIO)


@dataclass(frozen=True, slots=True)
class Section:
    """A title, the content as HTML, and the figures."""

    title: str
    html: str
    figures: tuple[Figure, ...] = ()

    @property
    def anchor(self) -> str:
        """The id of the section in the page."""
        return self.title.lower().replace(" ", "-")


def data_uri(content: bytes) -> str:
    """A PNG as a data URI."""
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def image_tag(image: Image, text: str) -> str:
    """An embedded image with a tooltip."""
    return f'<img src="{data_uri(encode_png(image))}" alt="{escape(text)}" title="{escape(text)}">'


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """An HTML table of plain texts; all columns except the first are numbers."""
    top = "".join(f"<th>{escape(each)}</th>" for each in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(each)}</td>" for each in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
