"""`ventral fetch` from a server on loopback, and the show of what it has brought."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.fetching.fetch import MIRROR
from models.importing.open_network import kept_path
from models.onnx_zoo import ONNX_ZOO, fetched_path
from models.zoo import stored_path
from scripts.cli import status
from tests.models.fetching.conftest import PROXIES
from tests.models.fetching.mirror import PIECE, Mirror
from tests.models.importing.nets import squeeze

ROOT = Path(__file__).parents[3]
NAME = "squeezenet"
HEADLESS = ("--source", "pattern", "--sink", "none", "--frames", "20", "--size", "64", "--canvas", "320x180")


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of its own, and no proxies."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A server with a network in the place of SqueezeNet, which the table describes."""
    with serve(NAME, squeeze(1000).SerializeToString(), monkeypatch) as server:
        yield server


def serve(name: str, content: bytes, monkeypatch: pytest.MonkeyPatch) -> Mirror:
    digest = hashlib.sha256(content).hexdigest()
    monkeypatch.setitem(ONNX_ZOO, name, dataclasses.replace(ONNX_ZOO[name], size=len(content), digest=digest))
    server = Mirror(content)
    monkeypatch.setenv(MIRROR, server.address)
    return server


def test_a_network_is_fetched_named_labelled_and_shown(mirror: Mirror, capfd: pytest.CaptureFixture[str]) -> None:
    assert status(["fetch", NAME]) == 0
    path, origin, last = capfd.readouterr().out.splitlines()
    assert path == f"{fetched_path(NAME)}: 0 MB, SHA-256 checked"
    assert "SqueezeNet 1.0" in origin
    assert "which gives the licence Apache-2.0" in origin
    assert last.endswith(f"layers, 1000 classes; show it with: ventral --model {NAME}")
    assert status(["live", "--model", NAME, *HEADLESS]) == 0
    assert status(["layers", NAME]) == 0
    printed = capfd.readouterr().out
    assert "input: BGR, (pixel - (104, 117, 123))" in printed
    assert "1000 classes: tench, goldfish, " in printed


def test_again_it_is_here_already(mirror: Mirror, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["fetch", NAME]) == 0
    assert status(["fetch", NAME]) == 0
    assert "was here already" in capsys.readouterr().out
    assert len(mirror.paths) == 1


@pytest.mark.parametrize("mood", ["404", "wrong", "short", "login", "to file:///etc/passwd"])
def test_a_fault_is_one_line(mirror: Mirror, mood: str, capsys: pytest.CaptureFixture[str]) -> None:
    mirror.moods = [mood]
    assert status(["fetch", NAME]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert kept_path(NAME) is None
    assert not [*fetched_path(NAME).parent.glob("*.part")]


def test_without_a_name_the_networks_are_listed(mirror: Mirror, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["fetch", NAME]) == 0
    capsys.readouterr()
    assert status(["fetch"]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in ONNX_ZOO)
    assert printed.count("fetched") == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("resnet9000", "unknown network 'resnet9000'; expected alexnet, "),
        ("inception_v3", "ventral export inception_v3"),
    ],
)
def test_another_name_is_one_line(name: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["fetch", name]) == 2
    line = capsys.readouterr().err
    assert words in line
    assert len(line.splitlines()) == 1


def test_one_exported_from_keras_goes_first_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stored_path("vgg16").parent.mkdir(parents=True)
    stored_path("vgg16").write_bytes(b"exported")
    with serve("vgg16", squeeze(1000).SerializeToString(), monkeypatch):
        assert status(["fetch", "vgg16"]) == 0
    assert f"--model vgg16 still opens {stored_path('vgg16')}" in capsys.readouterr().out


def test_after_kill_9_it_goes_on(mirror: Mirror, capsys: pytest.CaptureFixture[str]) -> None:
    """A process of its own is killed in the middle of a transfer that hangs; the next one asks for the rest."""
    mirror.moods = ["hang"]
    code = (
        "import dataclasses; from models.onnx_zoo import ONNX_ZOO; from scripts.cli import status;"
        f"ONNX_ZOO['{NAME}'] = dataclasses.replace(ONNX_ZOO['{NAME}'], size={ONNX_ZOO[NAME].size},"
        f" digest='{ONNX_ZOO[NAME].digest}'); status(['fetch', '{NAME}'])"
    )
    part, half = fetched_path(NAME).with_name(f"{NAME}.onnx.part"), len(mirror.content) // 2
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) as process:
        while not (part.exists() and part.stat().st_size >= half - PIECE):
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
    assert not fetched_path(NAME).exists()
    come = part.stat().st_size
    assert status(["fetch", NAME]) == 0
    assert mirror.ranges == [None, f"bytes={come}-"]
    assert hashlib.sha256(fetched_path(NAME).read_bytes()).hexdigest() == ONNX_ZOO[NAME].digest


def test_a_show_says_once_what_fetch_brings(mirror: Mirror, caplog: pytest.LogCaptureFixture) -> None:
    words = "for a network that knows a thousand things, run: ventral fetch squeezenet (0 MB)"
    show = ["live", *HEADLESS[:4], "--frames", "2", *HEADLESS[6:]]
    with caplog.at_level("INFO"):
        assert status(show) == 0
        assert caplog.messages.count(words) == 1
        assert status(show) == 0
        assert caplog.messages.count(words) == 1


def test_a_show_says_nothing_where_a_network_is_here_or_chosen(
    mirror: Mirror, caplog: pytest.LogCaptureFixture
) -> None:
    show = ["live", *HEADLESS[:4], "--frames", "2", *HEADLESS[6:]]
    with caplog.at_level("INFO"):
        assert status([*show, "--model", "world"]) == 0
        assert status(["fetch", NAME]) == 0
        assert status(show) == 0
    assert "ventral fetch" not in caplog.text


@pytest.mark.parametrize(("name", "file"), [("squeezenet", "squeezenet_v1_1.onnx"), ("googlenet", "googlenet.onnx")])
def test_trained_networks_know_the_cat(
    assets: Path, name: str, file: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The files have the structure of the zoo's, but not its digests."""
    with serve(name, (assets / "weights" / file).read_bytes(), monkeypatch):
        assert status(["fetch", name]) == 0
    out = fetched_path(name).with_name("heat.png")
    assert status(["live", "--model", name, *HEADLESS]) == 0
    capfd.readouterr()
    assert status(["gradcam", str(assets / "media" / "chelsea.jpg"), "--model", name, "-o", str(out)]) == 0
    assert any(cat in capfd.readouterr().out for cat in ("Egyptian cat", "tabby", "tiger cat"))


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of POSIX")
def test_a_terminal_sees_a_progress_bar(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    import pty

    near, far = pty.openpty()
    mirror.moods = ["slow"]
    with os.fdopen(far, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        assert status(["fetch", NAME]) == 0
    seen = os.read(near, 1 << 16).decode()
    os.close(near)
    assert NAME in seen
    assert "MB" in seen or "kB" in seen
