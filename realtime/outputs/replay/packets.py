"""The packets of a clip: decoded, or in an MP4 file as they are, which encodes nothing again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from realtime.imaging.frame import Image
from realtime.outputs.recording.encoding import as_fraction
from realtime.outputs.replay.clip import Clip

_CRASH_SAFE = {"movflags": "+hybrid_fragmented+delay_moov", "frag_duration": "1000000", "flush_packets": "1"}
"""A file that was not finished plays up to its last second."""


def images(clip: Clip) -> Iterator[tuple[Image, int]]:
    """The images of the clip, oldest first, and for how many frames each is shown."""
    for frame, (time, end) in zip(_decoded(clip), clip.spans(), strict=True):
        count = end - max(time, clip.begin)
        if count > 0:
            yield np.asarray(cv2.cvtColor(frame.to_ndarray(format="yuv420p"), cv2.COLOR_YUV2BGR_I420), np.uint8), count


def write_mp4(clip: Clip, path: Path, text: str = "") -> None:
    """Write the packets to an existing file; those before the clip begins are in it and are not shown.

    The `text` is its comment.
    """
    time_base = 1 / as_fraction(clip.fps)
    with path.open("r+b") as file, av.open(file, "w", format="mp4", options=_CRASH_SAFE) as container:
        if text:
            container.metadata["comment"] = text
        width, height = clip.size_wh
        stream = container.add_mux_stream("h264", rate=as_fraction(clip.fps), width=width, height=height)
        stream.time_base = time_base
        for packet, (time, end) in zip(_packets(clip), clip.spans(), strict=True):
            packet.stream, packet.time_base = stream, time_base
            packet.pts = packet.dts = time - clip.begin
            packet.duration = end - time
            container.mux(packet)


def _packets(clip: Clip) -> Iterator[av.Packet[Any]]:
    for each in clip.encoded:
        packet = av.Packet(each.packet)
        packet.is_keyframe = each.key
        yield packet


def _decoded(clip: Clip) -> Iterator[av.VideoFrame]:
    decoder = av.VideoCodecContext.create("h264", "r")
    decoder.thread_count = 1
    for packet in _packets(clip):
        yield from decoder.decode(packet)
    yield from decoder.decode(None)
