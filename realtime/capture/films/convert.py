"""From a decoded frame to an image: BGR, with square pixels, upright."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, TypeAlias

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from models.errors import SourceError
from realtime.capture.films.container import MAX_PIXELS, reason
from realtime.imaging.frame import Image

Matrix: TypeAlias = tuple[int, int, int, int]

WIDEST = 8  # pixels that are this much wider than high, or more, are a mistake in the file


class Converter:
    """Converts the frames of one stream, whose pixels have the aspect ratio `pixel_aspect` (width by height).

    swscale converts with the matrix and the range that the frame names, and scales in the same pass; in one thread,
    because several take more time of the processor at 1920x1080.
    """

    def __init__(self, name: str, pixel_aspect: Fraction | None) -> None:
        self._name = name
        self._aspect = pixel_aspect if pixel_aspect and 1 / WIDEST < pixel_aspect < WIDEST else Fraction(1)
        self._reformatter = VideoReformatter()
        self._rotation: int | None = None
        self._matrix: Matrix | None = None

    def image(self, frame: VideoFrame) -> Image:
        """The image of a frame; SourceError for a format that cannot be converted."""
        width, height = square_pixels_wh(frame.width, frame.height, self._aspect)
        try:
            converted = self._reformatter.reformat(
                frame, width, height, "bgr24", interpolation=Interpolation.BICUBIC, threads=1
            )
        except (av.FFmpegError, ValueError) as error:
            raise SourceError(f"{self._name}: cannot convert its pictures ({reason(error)})") from error
        return np.ascontiguousarray(upright(np.asarray(converted.to_ndarray(), np.uint8), self._display_matrix(frame)))

    def _display_matrix(self, frame: VideoFrame) -> Matrix | None:
        """That of the first frame, and of each whose rotation is another.

        It is not read from every frame: a frame and its side data refer to each other, so that the garbage collector
        alone could free them, which it does after some hundred frames.
        """
        if frame.rotation != self._rotation:
            self._rotation, self._matrix = frame.rotation, display_matrix(frame)
        return self._matrix


def square_pixels_wh(width: int, height: int, aspect: Fraction) -> tuple[int, int]:
    """The size of a picture in square pixels: enlarged in one direction, unless it would be too large."""
    shown = (round(width * aspect), height) if aspect > 1 else (width, round(height / aspect))
    return shown if shown[0] * shown[1] <= MAX_PIXELS else (width, height)


def display_matrix(frame: VideoFrame) -> Matrix | None:
    """The signs of a, b, c and d in the display matrix of a frame: the point (x, y) is shown at (ax + cy, bx + dy).

    None where there is no matrix, or one that is not a multiple of 90 degrees. ISO/IEC 14496-12, 6.2.2.
    """
    side_data: Mapping[str, Any] = frame.side_data  # which PyAV declares as if it had motion vectors alone
    data = side_data.get("DISPLAYMATRIX")
    if data is None:
        return None
    a, b, _, c, d = np.sign(np.frombuffer(data, np.int32)[:5]).tolist()
    quarter = (a and d and not (b or c)) or (b and c and not (a or d))
    return (a, b, c, d) if quarter else None


def upright(image: NDArray[np.uint8], matrix: Matrix | None) -> NDArray[np.uint8]:
    """A view of an image that is turned and mirrored by a display matrix."""
    if matrix is None:
        return image
    a, b, c, d = matrix
    if b:
        return image.transpose(1, 0, 2)[::b, ::c]
    return image[::d, ::a]
