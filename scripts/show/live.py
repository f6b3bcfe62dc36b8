"""`ventral live`: the show."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from realtime.show.app import run
from realtime.show.config import LiveOptions


def live(config: Annotated[LiveOptions, Parameter(name="*")] = LiveOptions()) -> None:  # noqa: B008, a frozen value
    """Watch a network see: camera, file, URL or pattern -> views -> window and recorder.

    Press h in the window for the keys.

    Example: `ventral --source clip.mp4 --loop --layer block3_conv1`
    """
    run(config)
