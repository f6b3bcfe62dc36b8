"""The parts of a report: sections of HTML, and figures that lie in the page and beside it."""

from __future__ import annotations

import base64
import struct
from dataclasses import dataclass
from html import escape

import cv2
import numpy as np

from realtime.imaging.frame import Image

FINENESS = 1.5
"""Pixels of a figure for each of the page."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture of a report: the name of its file without .png, its content, and what it shows."""

    name: str
    png: bytes
    caption: str

    @property
    def html(self) -> str:
        """The picture inside the page, with its caption."""
        return (
            f'<figure><img width="{self._width}" src="{data_uri(self.png)}" alt="{escape(self.caption)}">'
            f"<figcaption>{escape(self.caption)}</figcaption></figure>"
        )

    @property
    def _width(self) -> int:
        """Pixels of the page: fewer than of the picture, which stays crisp on a fine screen."""
        width: int = struct.unpack_from(">I", self.png, 16)[0]
        return round(width / FINENESS)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, what stands under it as HTML, and the figures that lie beside the page too."""

    title: str
    html: str
    figures: tuple[Figure, ...] = ()


def png(image: Image) -> bytes:
    """A BGR image as the content of a PNG file."""
    _, content = cv2.imencode(".png", np.ascontiguousarray(image))
    return content.tobytes()


def data_uri(content: bytes) -> str:
    """A PNG as an address that needs no file."""
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table of plain texts; all columns but the first are numbers."""
    top = "".join(f"<th>{escape(each)}</th>" for each in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(each)}</td>" for each in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
