"""A network camera on loopback: a real HTTP server that sends MJPEG, and misbehaves when told to."""

from __future__ import annotations

import io
import random
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

import numpy as np
from PIL import Image

Mood = Literal["well", "stalled", "frozen", "halfway", "torn", "garbage"]


class HttpCamera:
    """Serves pictures that change until `mood` says otherwise; `stop` and `start` keep the port.

    "stalled" keeps connections open and sends nothing, "frozen" repeats one picture, "halfway" ends each connection in
    the middle of a JPEG, "torn" sends half of every second JPEG, and "garbage" sends bytes that are no JPEG.
    """

    def __init__(self, *, fps: float = 25.0, size_wh: tuple[int, int] = (320, 240)) -> None:
        self.mood: Mood = "well"
        self.size_wh = size_wh
        self.sent = 0
        self.connections = 0
        self._period = 1 / fps
        self._port = 0
        self._closing = threading.Event()
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/video"

    def __enter__(self) -> HttpCamera:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self._closing.clear()
        self._server = _Server(("127.0.0.1", self._port), self._handler())
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Break every connection, as when somebody pulls the plug, and refuse new ones."""
        self._closing.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                camera.connections += 1
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=picture")
                self.end_headers()
                try:
                    for part in camera._parts():
                        self.wfile.write(part)
                except OSError:
                    pass  # the viewer went away

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler

    def _parts(self) -> Iterator[bytes]:
        """What one connection sends, piece by piece."""
        while not self._closing.wait(self._period):
            if self.mood == "stalled":
                continue
            jpeg = random.randbytes(5000) if self.mood == "garbage" else self._jpeg()
            if self.mood == "torn" and self.sent % 2:
                jpeg = jpeg[: len(jpeg) // 2]
            head = f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n".encode()
            if self.mood == "halfway":
                yield head + jpeg[: len(jpeg) // 2]
                return
            yield head + jpeg + b"\r\n"

    def _jpeg(self) -> bytes:
        self.sent += self.mood != "frozen"
        width, height = self.size_wh
        across = np.arange(width) * 3 + self.sent * 7
        pixels = np.stack([across % 256, across * 2 % 256, np.full(width, self.sent * 5 % 256)], 1).astype(np.uint8)
        file = io.BytesIO()
        Image.fromarray(np.broadcast_to(pixels, (height, width, 3))).save(file, "JPEG")
        return file.getvalue()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
