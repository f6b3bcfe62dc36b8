"""The kinds of films for the table of sources. PyAV takes 0.2 s to load, so it is loaded when a film is opened."""

import os
import re
from pathlib import Path

from realtime.capture.source import Source, SourceKind, SourceOptions


def _open_clip(text: str, options: SourceOptions) -> Source:
    from realtime.capture.films.clip import open_clip

    return open_clip(Path(text), loop=options.loop)


def _open_stream(url: str, options: SourceOptions) -> Source:
    from realtime.capture.films.stream import open_stream

    return open_stream(url, options)


CLIP = SourceKind(expected="a video", matches=os.path.isfile, open=_open_clip)
STREAM = SourceKind(
    expected="an http or rtsp URL",
    matches=lambda text: re.match(r"(https?|rtsps?)://", text, re.IGNORECASE) is not None,
    open=_open_stream,
)
