"""OKLab, an even colour space: equal distances look equally different (Ottosson 2020)."""

import numpy as np

from realtime.imaging.frame import Floats

_LMS_OF_RGB = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB_OF_ROOTS = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_RGB_OF_LMS = np.linalg.inv(_LMS_OF_RGB)
_ROOTS_OF_LAB = np.linalg.inv(_LAB_OF_ROOTS)


def bgr_of_oklab(colours: Floats) -> Floats:
    """From (..., 3): lightness 0 to 1, green to red, blue to yellow; to BGR, clipped to 0 to 1."""
    roots = colours @ np.asarray(_ROOTS_OF_LAB.T, colours.dtype)
    linear = np.clip((roots * roots * roots) @ np.asarray(_RGB_OF_LMS.T, colours.dtype), 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(encoded[..., ::-1], np.float32)


def oklab_of_bgr(colours: Floats) -> Floats:
    """The inverse of `bgr_of_oklab`."""
    encoded = colours[..., ::-1]
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.cbrt(linear @ _LMS_OF_RGB.T) @ _LAB_OF_ROOTS.T, np.float32)
