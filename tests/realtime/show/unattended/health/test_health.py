"""The health of a show over HTTP: of a real show, whose camera is lost, and from hostile clients."""

from __future__ import annotations

import json
import math
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO, Any

import pytest

from models.errors import SetupError
from realtime.pace.level import FULL
from realtime.show.unattended.health.figures import Figures
from realtime.show.unattended.health.last_error import LastError
from realtime.show.unattended.health.metrics import exposition
from realtime.show.unattended.health.server import AT_ONCE, SECONDS, HealthServer
from tests.realtime.capture.http_camera import HttpCamera
from tests.screen import ROOT, until
from tests.test_show import SMALL, ventral

FIGURES = Figures(
    version="1",
    model='odd "name" \\ of a\nnetwork',
    provider="CPU",
    fallback="",
    precision="fp32",
    source="camera 0",
    source_rate=30.0,
    lost="",
    waiting="",
    resting=False,
    uptime=5.0,
    rates={"camera": 30.0, "network": 12.5},
    totals={"network": 60},
    frame_age=0.1,
    canvas_age=0.1,
    result_age=0.2,
    turn_age=0.01,
    dropped={"capture": 0},
    faults={"window": ""},
    view_fault="",
    failed=0,
    reconnects=0,
    flashing=False,
    level=FULL,
    given_up="",
    resident_bytes=123456789,
)


def ask(port: int, path: str = "/health", method: str = "GET", host: str | None = None) -> tuple[int, str]:
    """Status and body of an answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers={"Host": host} if host else {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def port_of(log: IO[str]) -> int:
    """The port that a show names in its log."""
    line = next(line for line in log if "/health" in line)
    return int(line.partition("127.0.0.1:")[2].partition("/")[0])


def parsed(text: str) -> dict[str, float]:
    """The samples of a text in the format of Prometheus; every rule that it breaks is an AssertionError."""
    samples: dict[str, float] = {}
    kinds: dict[str, str] = {}
    helped = ""
    assert text.endswith("\n")
    for line in text.splitlines():
        if match := re.fullmatch(r"# HELP ([a-z0-9_]+) \S.*", line):
            assert match[1] not in kinds
            helped = match[1]
        elif match := re.fullmatch(r"# TYPE ([a-z0-9_]+) (gauge|counter)", line):
            assert match[1] == helped
            assert match[1].endswith("_total") == (match[2] == "counter")
            kinds[match[1]] = match[2]
        else:
            label = r'[a-z_]+="(?:[^"\\\n]|\\["\\n])*"'
            match = re.fullmatch(rf"(([a-z0-9_]+)(?:\{{{label}(?:,{label})*\}})?) (\S+)", line)
            assert match is not None, line
            assert match[2] == helped and match[2] in kinds and match[1] not in samples
            samples[match[1]] = float(match[3].replace("+Inf", "inf"))
    return samples


@pytest.fixture
def server() -> Iterator[HealthServer]:
    with HealthServer(0) as health:
        health.figures = lambda: FIGURES
        yield health


@pytest.mark.slow
def test_a_camera_that_is_lost_and_found_again_is_seen(tmp_path: Path) -> None:
    def health() -> tuple[int, dict[str, Any]]:
        status, body = ask(port)
        return status, json.loads(body)

    with (
        HttpCamera() as camera,
        ventral("--source", camera.url, "--sink", "none", "--health", "0", *SMALL, cwd=tmp_path) as process,
    ):
        assert process.stderr is not None
        port = port_of(process.stderr)
        until(lambda: health()[0] == 200, "a healthy show")
        camera.stop()
        until(lambda: health()[0] == 503 and health()[1]["source_lost"], "the loss of the camera")
        assert "lost" in health()[1]["problem"]
        camera.start()
        until(lambda: health()[0] == 200, "the camera again")
        samples = parsed(ask(port, "/metrics")[1])
        assert samples["ventral_source_reconnects_total"] >= 1
        assert samples['ventral_log_messages_total{level="warning"}'] >= 1
        assert 0 <= samples["ventral_frame_age_seconds"] < math.inf
        assert samples['ventral_pictures_total{stage="canvas"}'] >= 1
        process.terminate()
        assert process.wait(timeout=20) == 0


def test_a_port_in_use_is_one_line(server: HealthServer) -> None:
    with pytest.raises(SetupError, match="cannot open the port"):
        HealthServer(server.port)
    words = ("--source", "pattern", "--sink", "none", "--health", str(server.port))
    done = subprocess.run(
        [sys.executable, "-m", "scripts", *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and f"--health {server.port}" in done.stderr


def test_what_is_wrong_is_said(server: HealthServer) -> None:
    problems = {
        "lost camera 0": replace(FIGURES, lost="lost camera 0"),
        "Waiting for": replace(FIGURES, waiting="Waiting for the source"),
        "no picture yet": replace(FIGURES, canvas_age=math.inf),
        "no picture for 9 s": replace(FIGURES, canvas_age=9.0),
        "the main loop": replace(FIGURES, turn_age=9.0, resting=True),
        "the dream view failed": replace(FIGURES, view_fault="the dream view failed: no memory"),
        "window failed": replace(FIGURES, faults={"window": "window failed"}),
        "no result from the network": replace(FIGURES, result_age=90.0),
    }
    for words, figures in problems.items():
        server.figures = lambda figures=figures: figures
        status, body = ask(server.port)
        assert status == 503 and words in json.loads(body)["problem"]
    for figures in (
        FIGURES,
        replace(FIGURES, source_rate=0.1, canvas_age=30.0),
        replace(FIGURES, resting=True, lost="x"),
    ):
        server.figures = lambda figures=figures: figures
        assert ask(server.port)[0] == 200
    server.figures = None
    assert ask(server.port)[0] == ask(server.port, "/metrics")[0] == 503


def test_the_metrics_are_well_formed() -> None:
    samples = parsed(exposition(FIGURES, LastError()))
    assert samples['ventral_rate_fps{stage="network"}'] == 12.5
    assert samples["process_resident_memory_bytes"] == 123456789
    assert (
        parsed(exposition(replace(FIGURES, frame_age=math.inf), LastError()))["ventral_frame_age_seconds"] == math.inf
    )


def test_only_this_computer_may_read_and_nobody_may_write(server: HealthServer) -> None:
    assert ask(server.port, host="localhost:9")[0] == ask(server.port, host="127.0.0.1")[0] == 200
    assert ask(server.port, host="attacker.example")[0] == 421
    assert ask(server.port, host=f"127.0.0.1.attacker.example:{server.port}")[0] == 421
    assert ask(server.port, "/../etc/passwd")[0] == ask(server.port, "/")[0] == 404
    assert ask(server.port, method="HEAD") == (200, "")
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert ask(server.port, method=method)[0] == 405
    assert ask(server.port, method="BREW")[0] == 501


def test_hostile_clients_are_cut_off_and_others_served(server: HealthServer) -> None:
    def cut_off(client: socket.socket) -> bool:
        try:
            return client.recv(1000) == b"" or client.recv(1) == b""
        except OSError:
            return True

    clients = [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(100)]
    for number, client in enumerate(clients):
        try:
            client.sendall((b"GET /health HTT", b"\x16\x03\x01\xff" * 50, b"x" * 20_000)[number % 3])
        except OSError:  # it has been sent away
            continue
    begin = time.monotonic()
    while time.monotonic() - begin < SECONDS / 2:  # slow, but never silent for long
        for client in clients[:AT_ONCE]:
            try:
                client.sendall(b"P")
            except OSError:
                continue
        time.sleep(0.1)
    assert all(cut_off(client) for client in clients)

    def served() -> bool:
        try:
            return ask(server.port)[0] == 200
        except (OSError, HTTPException):
            return False

    until(served, "an answer for another client", 2 * SECONDS)
    for client in clients:
        client.close()
