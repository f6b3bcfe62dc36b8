"""H.264 in memory: canvases in, one packet out for each."""

import av
import cv2
import numpy as np
from av.video.frame import PictureType

from realtime.imaging.frame import Image
from realtime.outputs.recording.encoding import Wh, as_fraction

_OPTIONS = {"preset": "ultrafast", "tune": "zerolatency", "crf": "23", "g": "100000", "forced-idr": "1"}
"""1280x720 costs 7 ms of one core; `superfast` costs 11 ms for half of the size."""

_BT601, _BT709, _VIDEO_RANGE = 6, 1, 1  # as H.264 numbers them; BT.601 is what OpenCV converts to


class Encoder:
    """Encodes images of `size_wh`, an even size; the time of an image is a number of frames of 1/`fps` seconds."""

    def __init__(self, size_wh: Wh, fps: float) -> None:
        context = av.VideoCodecContext.create("libx264", "w")
        context.width, context.height = size_wh
        context.pix_fmt = "yuv420p"
        context.framerate = as_fraction(fps)
        context.time_base = 1 / as_fraction(fps)
        context.colorspace, context.color_range = _BT601, _VIDEO_RANGE
        context.color_primaries = context.color_trc = _BT709
        context.thread_count = 1  # the calling thread, which has a low priority
        context.options = _OPTIONS
        self._context, self.size_wh = context, size_wh

    def encode(self, image: Image, time: int, *, key: bool) -> bytes:
        """The packet of one image; decoding can begin at a `key` image."""
        frame = av.VideoFrame.from_ndarray(np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), np.uint8), "yuv420p")
        frame.pts = time
        frame.pict_type = PictureType.I if key else PictureType.NONE
        return b"".join(bytes(packet) for packet in self._context.encode(frame))
