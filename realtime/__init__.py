"""The live show: capture, engine, views, compositing, controls, window and recorder.

The variables below must stand before the first import of onnxruntime, cv2 or pygame, so they stand here.
"""

import os

for _name, _value in {
    "ORT_DISABLE_TELEMETRY": "1",  # released wheels report home by default from 1.29 on
    "OPENCV_LOG_LEVEL": "SILENT",  # faults are told by us, in one line each
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    "OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS": "0",  # a camera opens in seconds on Windows, not in minutes
    "PYGAME_HIDE_SUPPORT_PROMPT": "1",
    "SDL_NO_SIGNAL_HANDLERS": "1",  # the show has its own
    "SDL_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR": "0",  # or other windows flicker when the show goes to fullscreen
    "SDL_VIDEO_X11_WMCLASS": "Ventral",  # the name by which the system knows the window
    "SDL_WINDOWS_DPI_AWARENESS": "permonitorv2",  # or Windows enlarges the window, and it is soft
}.items():
    os.environ.setdefault(_name, _value)
