"""A web server on loopback that serves one file, and misbehaves when told to."""

from __future__ import annotations

import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PIECE = 1 << 14


class Mirror:
    """Serves `content` under every path, whole or from a byte on; `moods` are how it answers the next requests.

    A number is an HTTP status. "cut" ends a connection halfway, "slow" sends small pieces, "hang" sends half and then
    nothing, "silent" never answers, "whole" ignores ranges, "elsewhere" sends another range, "wrong" other bytes,
    "short" a smaller file, "endless" more than the file without saying how much, "login" a page; "to ADDRESS"
    redirects there. Afterwards it is "well".
    """

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.moods: list[str] = []
        self.ranges: list[str | None] = []
        self.paths: list[str] = []
        self._ended = threading.Event()
        self._server = _Server(("127.0.0.1", 0), self._handler())

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Mirror:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirror.paths.append(self.path)
                mirror.ranges.append(self.headers.get("Range"))
                mood = mirror.moods.pop(0) if mirror.moods else "well"
                with suppress(OSError):  # the client went away
                    mirror._answer(self, mood)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler

    def _answer(self, request: BaseHTTPRequestHandler, mood: str) -> None:
        if mood == "silent":
            self._ended.wait(60)
        elif mood.isdecimal():
            request.send_error(int(mood))
        elif mood.startswith("to "):
            request.send_response(302)
            request.send_header("Location", mood.removeprefix("to ").replace("HERE", self.address))
            request.end_headers()
        elif mood == "endless":
            request.send_response(200)
            request.end_headers()
            request.wfile.write(self.content * 2)
        elif mood in ("short", "login"):
            self._send(request, self.content[:-1] if mood == "short" else b"<html>log in</html>", 0, mood)
        else:
            self._send(request, self.content, self._start(request, mood), mood)

    def _start(self, request: BaseHTTPRequestHandler, mood: str) -> int:
        asked = request.headers.get("Range")
        return int(asked.removeprefix("bytes=").rstrip("-")) if asked and mood != "whole" else 0

    def _send(self, request: BaseHTTPRequestHandler, content: bytes, start: int, mood: str) -> None:
        rest = content[start:]
        request.send_response(206 if start else 200)
        if start:
            first = start + 1 if mood == "elsewhere" else start
            request.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        request.send_header("Content-Type", "text/html" if mood == "login" else "application/octet-stream")
        request.send_header("Content-Length", str(len(rest)))
        request.end_headers()
        if mood == "wrong":
            rest = bytes(255 - byte for byte in rest)
        if mood in ("cut", "hang"):
            rest = rest[: len(rest) // 2]
        for place in range(0, len(rest), PIECE):
            request.wfile.write(rest[place : place + PIECE])
            if mood == "slow":
                self._ended.wait(0.02)
        if mood == "hang":
            self._ended.wait(60)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
