"""The live show: capture, engine, views, compositing, controls, window and recorder.

The variables below must stand before the first import of onnxruntime or cv2, so they stand here.
"""

import os

for _name, _value in {
    "ORT_DISABLE_TELEMETRY": "1",  # released wheels report home by default from 1.29 on
    "OPENCV_LOG_LEVEL": "SILENT",  # faults are told by us, in one line each
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    "OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS": "0",  # a camera opens in seconds on Windows, not in minutes
}.items():
    os.environ.setdefault(_name, _value)
