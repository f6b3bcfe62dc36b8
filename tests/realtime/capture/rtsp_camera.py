"""A network camera on loopback that speaks RTSP (RFC 2326): ffmpeg encodes, and viewers get its packets."""

from __future__ import annotations

import re
import socket
import struct
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import imageio_ffmpeg

ANSWERS = {
    "OPTIONS": "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n",
    "SETUP": "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n",
    "PLAY": "Session: 1\r\n",
}
SOURCE = ("-re", "-f", "lavfi", "-i", "testsrc2=r=25:s=320x240")
CODEC = ("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "5", "-flags", "+global_header")


class RtspCamera:
    """Sends H.264 over the connection itself, as viewers want it; `stalled` keeps connections and sends nothing."""

    def __init__(self) -> None:
        self.stalled = False
        self._port = 0
        self._viewers: list[socket.socket] = []

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self._port}/video"

    def __enter__(self) -> RtspCamera:
        self._rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._rtp.bind(("127.0.0.1", 0))
        self._encoder, self._sdp = _encode(self._rtp.getsockname()[1])
        threading.Thread(target=self._forward, daemon=True).start()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._encoder.terminate()
        self._encoder.wait()
        self._rtp.close()

    def start(self) -> None:
        """Accept viewers, always on the same port."""
        self._server = socket.create_server(("127.0.0.1", self._port))
        self._port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._server,), daemon=True).start()

    def stop(self) -> None:
        """Break every connection, and refuse new ones."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for viewer in self._viewers:
            with suppress(OSError):
                viewer.shutdown(socket.SHUT_RDWR)
        self._viewers = []

    def _accept(self, server: socket.socket) -> None:
        with suppress(OSError):  # it was closed
            while True:
                viewer, _ = server.accept()
                threading.Thread(target=self._answer, args=(viewer,), daemon=True).start()

    def _answer(self, viewer: socket.socket) -> None:
        """Answer the requests of one viewer."""
        received = b""
        with viewer, suppress(OSError):  # it went away
            while more := viewer.recv(4096):
                received += more
                while b"\r\n\r\n" in received:
                    request, _, received = received.partition(b"\r\n\r\n")
                    viewer.sendall(self._response(request))
                    if request.startswith(b"PLAY"):
                        self._viewers.append(viewer)

    def _response(self, request: bytes) -> bytes:
        method = request.split()[0].decode(errors="replace")
        number = re.search(rb"(?i)cseq: *(\d+)", request)
        body = self._sdp if method == "DESCRIBE" else ""
        about = f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n" if body else ""
        head = f"RTSP/1.0 200 OK\r\nCSeq: {int(number[1]) if number else 0}\r\n"
        return f"{head}{ANSWERS.get(method, '')}{about}\r\n{body}".encode()

    def _forward(self) -> None:
        """Send each packet of the encoder to all viewers, within the connection."""
        with suppress(OSError):  # the camera was closed
            while packet := self._rtp.recv(65_536):
                for viewer in [] if self.stalled else list(self._viewers):
                    with suppress(OSError):  # the viewer went away
                        viewer.sendall(b"$\0" + struct.pack(">H", len(packet)) + packet)


def _encode(port: int) -> tuple[subprocess.Popen[bytes], str]:
    """A program that sends RTP to a port until it is ended, and what describes it."""
    with tempfile.TemporaryDirectory() as folder:
        sdp = Path(folder, "sdp")
        target = ("-f", "rtp", "-sdp_file", str(sdp), f"rtp://127.0.0.1:{port}?pkt_size=1200")
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "quiet", *SOURCE, *CODEC, *target]
        program = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        while not (sdp.is_file() and "sprop" in sdp.read_text()):
            time.sleep(0.02)
        words = sdp.read_text()
    return program, words[words.index("v=0") :].replace("\n", "\r\n") + "a=control:track\r\n"
