"""The end of an X server under a window: Xlib then ends the whole process, after it has called one function."""

import ctypes
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

_kept: list[Any] = []  # what C still calls must not be collected


def on_lost_display(finish: Callable[[], object]) -> None:
    """Call `finish` when the X server is gone, in the main thread; then the process ends with exit status 2.

    No other function may use the window then. Without X11 nothing is done: other systems close the window.
    """
    if not sys.platform.startswith("linux") or os.environ.get("SDL_VIDEODRIVER") != "x11":
        return

    def lost(_display: int) -> int:
        try:
            finish()
        except BaseException:  # C would take no exception
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(2)

    handler = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(lost)
    _kept[:] = [handler]
    ctypes.CDLL("libX11.so.6").XSetIOErrorHandler(handler)
