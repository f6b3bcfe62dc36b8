"""The export command: its options, what it prints and where, and how it fails."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import cyclopts
import onnx
import pytest

from models import zoo
from models.errors import ModelError, OutputError
from models.from_keras.import_tensorflow import import_tensorflow
from scripts.networks.export import export

RUN = "from scripts.networks import export; from pathlib import Path; export.export({arguments})"
NO_TENSORFLOW = "import sys; sys.modules['tensorflow'] = None; "


def command() -> cyclopts.App:
    app = cyclopts.App()
    app.command(export)
    return app


def run(code: str, **keywords: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], text=True, timeout=100, **keywords)  # type: ignore[call-overload, no-any-return]


def test_the_options_reach_the_function() -> None:
    line = "export vgg16 --weights w.npz --until block1_conv2 --labels l.txt -o out.onnx --force"
    _, bound, _ = command().parse_args(line.split())
    assert bound.args == ("vgg16",)
    assert bound.kwargs == {
        "weights": "w.npz",
        "until": "block1_conv2",
        "labels": Path("l.txt"),
        "output": Path("out.onnx"),
        "force": True,
    }


def test_help_shows_an_example_and_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    command()(["export", "--help"], result_action="return_value")
    text = capsys.readouterr().out
    assert "Example: ventral export vgg16" in text
    for option in ("--weights", "--until", "--labels", "--output", "-o", "--force", "--no-force"):
        assert (f" {option} " in text) == (option != "--no-force")


def test_one_line_on_stdout_and_nothing_on_stderr(tmp_path: Path) -> None:
    """A keras.json that asks for something else changes nothing."""
    strange = {"backend": "jax", "image_data_format": "channels_first", "floatx": "float16"}
    (tmp_path / "keras.json").write_text(json.dumps(strange))
    out = tmp_path / "net.onnx"
    arguments = f"'vgg16', weights='none', until='block1_conv2', output=Path({str(out)!r})"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "KERAS_"))}
    done = run(
        RUN.format(arguments=arguments),
        capture_output=True,
        env=environment | {"KERAS_HOME": str(tmp_path)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    said = rf"{re.escape(str(out))}: 0\.2 MB, 2 layers, no classifier, worst relative error \d\.\de-\d\d, \d+ s\n"
    assert re.fullmatch(said, done.stdout)
    assert [output.name for output in onnx.load(out).graph.output] == ["block1_conv1", "block1_conv2"]


def everything(terminal: int) -> str:
    """What was written to a terminal, which hands it out in pieces."""
    os.set_blocking(terminal, False)
    pieces = []
    with contextlib.suppress(BlockingIOError):
        while piece := os.read(terminal, 4096):
            pieces.append(piece)
    return b"".join(pieces).decode()


def test_a_terminal_sees_the_stages(tmp_path: Path) -> None:
    near, far = pty.openpty()
    try:
        arguments = f"'vgg16', weights='none', output=Path({str(tmp_path / 'net.onnx')!r})"
        done = run(NO_TENSORFLOW + RUN.format(arguments=arguments), stdout=subprocess.PIPE, stderr=far)
        seen = everything(near)
    finally:
        os.close(near)
        os.close(far)
    assert "starting TensorFlow ..." in seen
    assert "SetupError: TensorFlow and tf2onnx are needed for this" in seen
    assert (done.returncode, done.stdout) == (1, "")


def test_without_an_output_the_stored_place_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoo, "stored_path", lambda name: tmp_path / f"{name}.onnx")
    (tmp_path / "vgg16.onnx").touch()
    with pytest.raises(OutputError, match=r"vgg16\.onnx exists already; .* --force"):
        export("vgg16")


def test_an_unknown_network_is_named() -> None:
    with pytest.raises(ModelError, match="unknown network 'vgg61'; expected efficientnet_b0, "):
        export("vgg61")


def test_labels_are_read_before_anything_slow_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keras", None)  # importing it fails
    with pytest.raises(ModelError, match=r"cannot read labels from .*none\.txt"):
        export("vgg16", weights="none", labels=tmp_path / "none.txt", output=tmp_path / "net.onnx")


def test_a_classifier_is_counted_and_how_to_name_its_classes_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import_tensorflow()
    import keras

    keras.applications.MobileNetV2(weights=None, classes=3).save_weights(tmp_path / "w.weights.h5")
    export("mobilenet_v2", weights=str(tmp_path / "w.weights.h5"), output=tmp_path / "net.onnx")
    first, second = capsys.readouterr().out.splitlines()
    assert "net.onnx and " in first
    assert re.search(r"net\.classifier\.onnx: 8\.9 MB, 62 layers, 3 classes, worst relative error \d\.\de-0\d, ", first)
    assert "--labels FILE" in second
