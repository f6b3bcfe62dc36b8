"""Every command from the outside: bad input is one line on stderr, exit status 2, and nothing left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest

from scripts.cli import COMMANDS, GROUPS, status
from tests.realtime.capture.http_camera import HttpCamera

ROOT = Path(__file__).parents[2]
HEADLESS = ("--source", "pattern", "--sink", "none", "--frames", "3", "--size", "48", "--canvas", "320x180")


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A folder of things that cannot be played, and one good picture."""
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (90, 120, 3), dtype=np.uint8)
    iio.imwrite(tmp_path / "good.jpg", picture)
    whole = (tmp_path / "good.jpg").read_bytes()
    (tmp_path / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.mp4").write_text("this is a shopping list: milk, bread, a camera\n" * 50)
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "net.onnx").write_text("not a network")
    (tmp_path / "weights.npz").write_text("not weights")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "notes.txt").write_text("no picture here")
    (tmp_path / "taken.mp4").write_bytes(b"something precious")
    (tmp_path / "deep.toml").write_text("a = " + "[" * 100_000)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_text("a file where a folder is expected")
    return tmp_path


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


BAD_LIVE = {
    "missing file": ("--source", "nowhere.mp4"),
    "text called mp4": ("--source", "text.mp4"),
    "zero bytes": ("--source", "empty.mp4"),
    "zero bytes of picture": ("--source", "empty.png"),
    "truncated picture": ("--source", "truncated.jpg"),
    "no such camera": ("--source", "99"),
    "refused address": ("--source", f"http://127.0.0.1:{unused_port()}/video"),
    "unknown address": ("--source", "gopher://127.0.0.1/"),
    "folder without pictures": ("--source", "folder"),
    "unknown model": ("--model", "resnet9000"),
    "model that is text": ("--model", "net.onnx"),
    "unknown layer": ("--layer", "conv9"),
    "unknown view": ("--view", "dreamscape"),
    "size that is no size": ("--size", "3"),
    "canvas that is no size": ("--canvas", "huge"),
    "frames below one": ("--frames", "0"),
    "seconds that are no number": ("--seconds", "soon"),
    "unknown option": ("--sorce", "pattern"),
    "set without value": ("--set", "tiles/contrast"),
    "set of nothing known": ("--set", "tiles/shine=1"),
    "set out of range": ("--set", "tiles/contrast=99"),
    "set of what only fires": ("--set", "do/quit=1"),
    "set to nonsense": ("--set", "tiles/contrast=loud"),
    "missing preset": ("--preset", "nowhere.toml"),
    "preset that nests too deep": ("--preset", "deep.toml"),
    "preset that is a pipe": ("--preset", "pipe"),
    "source that is a pipe": ("--source", "pipe"),
    "model with a very long name": ("--model", "m" * 300),
    "recording with a very long name": ("--record", "r" * 300 + ".mp4"),
    "folder with a very long name": ("--folder", "f" * 300),
    "canvas of many digits": ("--canvas", "9" * 5000 + "x9"),
    "source of two lines": ("--source", "a\nb"),
    "CUDA where there is none": ("--provider", "cuda"),
    "report into a file": ("--report", "file/r.json"),
    "recording over something": ("--record", "taken.mp4"),
    "recording into a file": ("--record", "file/take.mp4"),
    "values into a file of somebody else": ("--resume", "taken.mp4"),
    "log into a file of somebody else": ("--log-file", "taken.mp4"),
    "log into a pipe": ("--log-file", "pipe"),
    "two recordings with two spellings of a name": ("--record", "a.mp4", "--record", "./folder/../a.mp4"),
    "two recordings with one name": ("--record", "a.mp4", "--record-window", "a.mp4"),
    "more recordings than are possible": tuple(f"--record={name}.mp4" for name in "abcd"),
    "a recording of no window": ("--sink", "none", "--record-window", "a.mp4"),
    "recording of unknown kind": ("--record", "take.avi"),
    "recording to a picture": ("--record", "take.png"),
    "report to a video": ("--report", "r.mp4"),
    "folder that is not there": ("--folder", "nowhere"),
    "unwritable place": ("--record", "/proc/take.mp4"),
}


def check_one_line(errors: str) -> None:
    lines = errors.strip().splitlines()
    assert len(lines) == 1, errors
    assert lines[0].startswith("ventral: ")
    assert len(lines[0]) > 30


@pytest.mark.parametrize("case", BAD_LIVE)
def test_bad_input_of_live(
    case: str, bad: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    if case == "CUDA where there is none" and Path("/dev/nvidia0").exists():
        pytest.skip("there is CUDA here")
    monkeypatch.chdir(bad)
    before = sorted(bad.rglob("*"))
    assert status([*HEADLESS, *BAD_LIVE[case]]) == 2
    check_one_line(capfd.readouterr().err)
    assert sorted(bad.rglob("*")) == before
    assert (bad / "taken.mp4").read_bytes() == b"something precious"


BAD_OTHERS = {
    "render of nothing": ("render", "nowhere.mp4", "-o", "out.mp4"),
    "render of text": ("render", "text.mp4", "-o", "out.mp4"),
    "render of a truncated picture": ("render", "truncated.jpg", "-o", "out.png"),
    "render to an unknown kind": ("render", "good.jpg", "-o", "out.xyz"),
    "render over something": ("render", "good.jpg", "-o", "taken.mp4"),
    "render into a file": ("render", "good.jpg", "-o", "file/out.png"),
    "render with an unknown layer": ("render", "good.jpg", "-o", "out.png", "--layer", "conv9"),
    "render of many to one picture": ("render", "pattern", "-o", "out.png", "--frames", "3"),
    "render to nothing": ("render", "good.jpg", "-o", ""),
    "render to a bare ending": ("render", "good.jpg", "-o", ".mp4"),
    "render of fewer than no frames": ("render", "pattern", "-o", "out.mp4", "--frames", "-1"),
    "export with a pipe of weights": ("export", "vgg16", "--weights", "pipe", "-o", "out.onnx"),
    "export into a file": ("export", "vgg16", "--weights", "none", "-o", "file/out.onnx"),
    "bench into a file": ("bench", "-o", "file/out.json"),
    "render without output": ("render", "good.jpg"),
    "export of an unknown network": ("export", "vgg99"),
    "export with bad weights": ("export", "vgg16", "--weights", "weights.npz", "-o", "out.onnx"),
    "export with missing weights": ("export", "vgg16", "--weights", "nowhere.npz", "-o", "out.onnx"),
    "export until an unknown layer": ("export", "vgg16", "--weights", "none", "--until", "conv9", "-o", "out.onnx"),
    "layers of text": ("layers", "net.onnx"),
    "bench of nothing": ("bench", "resnet9000"),
    "unknown command": ("dance",),
}
STARTS_KERAS = ("export until an unknown layer",)


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=pytest.mark.keras if case in STARTS_KERAS else ()) for case in BAD_OTHERS]
)
def test_bad_input_of_other_commands(
    case: str, bad: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(bad)
    before = sorted(bad.rglob("*"))
    assert status(BAD_OTHERS[case]) == 2
    check_one_line(capfd.readouterr().err)
    assert sorted(bad.rglob("*")) == before


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["drem", "cup.jpg", "-o", "out.png"], "unknown command 'drem'; did you mean 'dream'?"),
        (["clip.mp4"], "to show a video or a picture: ventral --source clip.mp4"),
        (["dream", "cup.jpg"], "--output is missing (see: ventral dream --help)"),
        (["dream"], "missing PICTURE (see: ventral dream --help)"),
        (["maps", "cup.jpg", "-o"], "--output needs a value"),
        (["--sink", "none", "--set", "record/start-stop=1"], "record/start-stop is an action and takes no value; its "),
        (["--sink", "none", "--view", "drem"], "--view takes camera, dream, features, gradcam, mosaic, "),
        (["--seconds", "soon"], "--seconds takes a number, but got 'soon'"),
        (["--sorce", "x"], "unknown option: --sorce; did you mean --source? (see: ventral --help)"),
        (["doctor", "extra"], "unexpected argument: extra (see: ventral doctor --help)"),
        (["--size", "5"], "--size takes 16 to 2048, but got 5 (see: ventral --help)"),
        (["--frames", "0"], "--frames takes 1 or more, but got 0"),
        (["--provider", "tpu"], "invalid value 'tpu' for --provider"),
    ],
)
def test_errors_suggest_what_was_meant(words: list[str], expected: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert status(words) == 2
    assert expected in capfd.readouterr().err


def test_address_that_stops_halfway_through_its_first_picture(capfd: pytest.CaptureFixture[str]) -> None:
    with HttpCamera() as camera:
        camera.mood = "halfway"
        assert status([*HEADLESS, "--source", camera.url]) == 2
    check_one_line(capfd.readouterr().err)


def test_no_display_is_one_line(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert status(["--source", "pattern"]) == 2
    check_one_line(capfd.readouterr().err)


def test_dead_display_is_one_line(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DISPLAY", ":9871")
    assert status(["--source", "pattern"]) == 2
    check_one_line(capfd.readouterr().err)


def test_library_that_cannot_be_loaded_is_one_line_and_doctor_names_it(tmp_path: Path) -> None:
    """As on a machine without libGL: a cv2 that raises when it is imported."""
    (tmp_path / "cv2.py").write_text("raise ImportError('libGL.so.1: cannot open shared object file')")
    run = [sys.executable, "-m", "scripts"]
    env = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    live = subprocess.run([*run, "--source", "pattern"], env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert live.returncode == 2
    check_one_line(live.stderr)
    assert "ventral doctor" in live.stderr
    doctor = subprocess.run([*run, "doctor"], env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert doctor.returncode == 2
    assert "apt install libgl1" in " ".join(doctor.stdout.split())
    check_one_line(doctor.stderr)


def test_ctrl_c_while_libraries_load_is_one_line(tmp_path: Path) -> None:
    """A cv2 that takes its time, as from a slow disk."""
    (tmp_path / "cv2.py").write_text("import time\nprint('loading', flush=True)\ntime.sleep(60)")
    env = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "scripts", "--source", "pattern"]
    with subprocess.Popen(
        command, env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "loading\n"
        process.send_signal(signal.SIGINT)
        _, words = process.communicate(timeout=30)
    assert process.returncode == 2
    check_one_line(words)


@pytest.mark.slow
def test_fresh_machine_in_a_process_of_its_own(tmp_path: Path) -> None:
    """An empty cache, no window: 200 pictures and a full report."""
    report = tmp_path / "r.json"
    done = subprocess.run(
        [sys.executable, "-m", "scripts", *HEADLESS[:4], "--frames", "200", "--report", str(report)],
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "UNTRAINED" not in done.stderr
    record = json.loads(report.read_text())
    assert record["frames"] == 200
    assert set(record) >= {"fps", "latency_ms", "stage_ms", "drops", "provider", "precision", "model", "view", "layer"}
    assert record["latency_ms"]["p95"] > 0
    assert record["rss_mb"] > 50
    assert set(record["fps"]) == {"camera", "network", "canvas", "screen"}


def test_layers_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["layers", "world"]) == 0
    printed = capsys.readouterr().out
    assert "111 classes: " in printed
    assert printed.index("block1_conv1") < printed.index("block5_conv3")


def test_doctor_names_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["doctor"]) == 0
    printed = capsys.readouterr().out
    for words in ("python", "onnxruntime-gpu", "ffmpeg", "cache", "or: ventral export vgg16"):
        assert words in " ".join(printed.split())


def test_doctor_prints_the_whole_command_that_fixes_a_problem(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("realtime.inference.providers.fault", lambda kind: "CUDA libraries missing: cudart")
    assert status(["doctor"]) == 0
    assert "pip install -e '.[gpu]'" in " ".join(capsys.readouterr().out.split())


def test_version_is_that_of_the_project(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["--version"]) == 0
    assert capsys.readouterr().out.strip() == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_help_shows_every_command_in_its_group(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["--help"]) == 0
    printed = capsys.readouterr().out
    order = [word for title, (_, names) in GROUPS.items() for word in (f" {title} ", *sorted(names))]
    places = [re.search(rf"[─│] ?{re.escape(word.strip())} ", printed) for word in order]
    starts = [place.start() for place in places if place]
    assert len(starts) == len(order)
    assert starts == sorted(starts)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert status([command, "--help"]) == 0
    assert "Example" in capsys.readouterr().out


def test_bench_compares_and_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.dev.benchmarks.mosaics.RUNTIMES", {})  # TensorFlow takes seconds to start
    out = tmp_path / "b.json"
    assert status(["bench", "world", "--part", "mosaics", "--size", "64", "--runs", "2", "-o", str(out)]) == 0
    rows = json.loads(out.read_text())["mosaics"]
    assert [row["layer"] for row in rows][:2] == ["block1_conv2", "block2_conv2"]
    assert all(row["speedup"]["Ventral int8"] > 0 for row in rows)
    assert "Ventral fp32" in capsys.readouterr().out


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m scripts layers world | true"
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_panorama_does_not_eat_the_memory(tmp_path: Path) -> None:
    iio.imwrite(tmp_path / "wide.png", np.zeros((2, 20_000, 3), np.uint8))
    for view in ("mosaic", "story"):
        out = tmp_path / f"{view}.png"
        arguments = ["render", str(tmp_path / "wide.png"), "-o", str(out), "--canvas", "320x180", "--view", view]
        assert status(arguments) == 0
        assert out.stat().st_size > 1000
