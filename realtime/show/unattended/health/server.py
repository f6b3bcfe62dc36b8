"""An HTTP server for programs that watch a show: `/health` and `/metrics`, on this computer only.

It reads and changes nothing of the show, and no client can hold it up: few are served at once, each for a moment.
"""

import json
import logging
import math
import os
import socketserver
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from typing import Any, Self

from models.errors import SetupError
from realtime.show.unattended.health.figures import Figures
from realtime.show.unattended.health.last_error import LastError
from realtime.show.unattended.health.metrics import CONTENT_TYPE, exposition

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
NAMES = (HOST, "localhost")  # in the Host header: under another name, a page on the internet might ask
AT_ONCE = 4  # clients that are served at the same time; others are sent away
SECONDS = 2.0  # for a request, and for the answer
LONGEST = 8192  # bytes of a request


class HealthServer:
    """Serves `figures` while the context lasts; before it is set, the show is starting. `port` 0 takes a free one.

    Raises SetupError where the port cannot be opened.
    """

    def __init__(self, port: int) -> None:
        self.figures: Callable[[], Figures] | None = None
        self.last_error = LastError()
        try:
            self._server = _Server(port, self)
        except OSError as error:
            reason = error.strerror or error
            raise SetupError(f"--health {port}: cannot open the port ({reason}); choose another, or 0") from error
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="health", daemon=True)

    def __enter__(self) -> Self:
        self.last_error.__enter__()
        self._thread.start()
        log.info("serving http://%s:%d/health and /metrics", HOST, self.port)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.last_error.__exit__()

    def answer(self, path: str) -> tuple[HTTPStatus, str, str] | None:
        """Status, content type and text at a path; None where there is nothing."""
        figures = self.figures() if self.figures is not None else None
        if path == "/health":
            well = figures is not None and not figures.problem
            status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
            return status, "application/json", json.dumps(described(figures, self.last_error), indent=2) + "\n"
        if path == "/metrics":
            text = exposition(figures, self.last_error) if figures is not None else ""
            return (HTTPStatus.OK if figures else HTTPStatus.SERVICE_UNAVAILABLE), CONTENT_TYPE, text
        return None


def described(figures: Figures | None, last: LastError) -> dict[str, Any]:
    """The health of a show as JSON: ages in seconds, None before the first frame."""
    if figures is None:
        return {"status": "starting", "problem": "no picture yet"}
    return {
        "status": "failing" if figures.problem else "resting" if figures.resting else "ok",
        "problem": figures.problem,
        "uptime_seconds": round(figures.uptime, 1),
        "frame_age_seconds": _finite(figures.frame_age),
        "canvas_age_seconds": _finite(figures.canvas_age),
        "fps": {stage: round(rate, 1) for stage, rate in figures.rates.items()},
        "source": figures.source,
        "source_lost": bool(figures.lost or figures.waiting),
        "model": figures.model,
        "provider": figures.provider,
        "provider_fallback": figures.fallback,
        "given_up": figures.given_up,
        "last_error": {"text": last.text, "time": last.time} if last.text else None,
        "version": figures.version,
    }


def _finite(age: float) -> float | None:
    return None if math.isinf(age) else round(age, 2)


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Serves few clients at once, each on a thread."""

    allow_reuse_address = os.name == "posix"  # elsewhere, two servers could have one port
    daemon_threads, block_on_close = True, False
    request_queue_size = 16

    def __init__(self, port: int, health: HealthServer) -> None:
        self.health = health
        self._free = threading.BoundedSemaphore(AT_ONCE)
        super().__init__((HOST, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a client on a thread of its own, or send it away."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # no further thread
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a client."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over a client that is too slow, has gone, or sends what is no request."""
        log.debug("a client of the health server failed", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: _Server
    server_version, sys_version = "Ventral", ""

    def setup(self) -> None:
        """Read the whole head of the request first, within its limits of size and time."""
        super().setup()
        self.rfile = BytesIO(self._head())
        self.connection.settimeout(SECONDS)

    def do_GET(self) -> None:
        """Answer with the text at the path."""
        host = self.headers.get("Host", "").rpartition(":")[0] or self.headers.get("Host", "")
        if host.lower() not in NAMES:
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
            return
        found = self.server.health.answer(self.path.partition("?")[0])
        if found is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        status, kind, text = found
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815, a name of the base class

    def do_POST(self) -> None:
        """Refuse a method that would change something."""
        self.send_response(HTTPStatus.METHOD_NOT_ALLOWED)
        self.send_header("Allow", "GET, HEAD")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_POST  # noqa: N815, names of the base class

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: a request every few seconds would fill the log."""

    def _head(self) -> bytes:
        """The head of the request; ConnectionError or TimeoutError where it is too long or too slow."""
        end, head = time.monotonic() + SECONDS, b""
        while b"\r\n\r\n" not in head:
            self.connection.settimeout(max(end - time.monotonic(), 0.001))
            part = self.connection.recv(4096)
            head += part
            if not part or len(head) > LONGEST:
                raise ConnectionError("this is no request")
        return head
