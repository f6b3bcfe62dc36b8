"""`ventral live`: the show."""

from contextlib import nullcontext

from realtime.show.app import run
from realtime.show.options import LiveOptions
from realtime.show.unattended.log_file import LogFile
from scripts.common.reuse_show import reuse_show


def live(options: LiveOptions = LiveOptions()) -> None:  # noqa: B008, a frozen value
    """Show live what a network computes from a camera, a video, pictures, a URL or a test pattern.

    Press h in the window to list the keys.

    Example: `ventral --source clip.mp4 --loop --layer block3_conv1`
    """
    with LogFile(options.log_file) if options.log_file is not None else nullcontext():
        run(reuse_show(options))
