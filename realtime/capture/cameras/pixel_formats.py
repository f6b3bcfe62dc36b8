"""From what a driver delivers to an image: OpenCV converts most pixel formats itself, but not with every driver."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from realtime.imaging.bgr import as_bgr
from realtime.imaging.frame import Image

PACKED = {
    "YUYV": cv2.COLOR_YUV2BGR_YUYV,
    "YUY2": cv2.COLOR_YUV2BGR_YUYV,
    "UYVY": cv2.COLOR_YUV2BGR_UYVY,
    "YVYU": cv2.COLOR_YUV2BGR_YVYU,
}
"""Formats with two bytes a pixel."""

PLANAR = {
    "NV12": cv2.COLOR_YUV2BGR_NV12,
    "NV21": cv2.COLOR_YUV2BGR_NV21,
    "I420": cv2.COLOR_YUV2BGR_I420,
    "YU12": cv2.COLOR_YUV2BGR_I420,
    "YV12": cv2.COLOR_YUV2BGR_YV12,
}
"""Formats with a plane of brightness, above half as many rows of colour."""

JPEG_BEGIN, JPEG_END = b"\xff\xd8", b"\xff\xd9"


def decoded(array: NDArray[Any] | None, fourcc: str, name: str) -> Image | None:
    """The image of an array from a driver whose pixel format is `fourcc`; None for a JPEG that is cut off.

    Raises SourceError, which names the camera, for an array that is no picture.
    """
    if array is None or array.size == 0:
        return None
    array = np.asarray(array)
    rows, channels = array.shape[0], array.shape[2] if array.ndim == 3 else 1
    if array.dtype == np.uint8 and rows == 1 and array.tobytes()[:2] == JPEG_BEGIN:
        return _from_jpeg(array)
    if array.dtype == np.uint8 and channels == 2:
        return _converted(array, PACKED.get(fourcc, cv2.COLOR_YUV2BGR_YUYV))
    if array.dtype == np.uint8 and channels == 1 and fourcc in PLANAR and rows % 3 == 0:
        return _converted(array.reshape(rows, -1), PLANAR[fourcc])
    return as_bgr(array, name)


def _converted(array: NDArray[np.uint8], code: int) -> Image:
    return np.asarray(cv2.cvtColor(array, code), np.uint8)


def _from_jpeg(array: NDArray[np.uint8]) -> Image | None:
    content = array.tobytes().rstrip(b"\0")  # drivers fill up their buffers
    if not content.endswith(JPEG_END):
        return None
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    return None if image is None else np.asarray(image, np.uint8)
