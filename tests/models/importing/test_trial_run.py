"""A network that ONNX Runtime dies of costs a child process and one line, never the program."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from models.errors import ModelError
from models.importing import trial_process, trial_run
from models.importing.analysis import bounds
from models.importing.open_network import open_network
from models.importing.trial_run import TrialRun, difference, run_in_child
from models.spec import INPUT
from tests.models.importing.nets import Net
from tests.models.importing.reference import save

DEADLY = 20
"""At this size ONNX Runtime 1.31 divides by zero: nothing is left for the last pool."""

linux = pytest.mark.skipif(sys.platform != "linux", reason="the signal of another system")


def pooled(*size: int | str) -> onnx.ModelProto:
    """A classifier with three pools that round up."""
    net, tensor, channels = Net(opset=18), INPUT, 3
    for _ in range(3):
        tensor = net.op("Relu", net.conv(tensor, channels, 16, pads=[0] * 4))
        tensor, channels = net.op("MaxPool", tensor, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1), 16
    net.op("Flatten", net.op("GlobalAveragePool", net.conv(tensor, 16, 16)), out="y")
    return net.model([1, 3, *size], {"y": [1, 16]})


def run_at(side: int) -> list[NDArray[Any]]:
    feeds = np.zeros((2, 3, side, side), np.float32)
    return run_in_child([TrialRun(pooled("h", "w").SerializeToString(), INPUT, feeds, ["y"])])[0]


def test_outputs_are_stacked_by_feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "__init__.py").write_text("raise ImportError('not Ventral')")
    monkeypatch.chdir(tmp_path)
    assert [output.shape for output in run_at(64)] == [(2, 16)]


@linux
def test_network_that_kills_onnx_runtime_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelError, match=r"^ONNX Runtime crashed \(signal 8\) while running it$"):
        run_at(DEADLY)
    path = save(pooled(DEADLY, DEADLY), tmp_path)
    with pytest.raises(ModelError, match="does not fit into"):
        open_network(str(path))
    monkeypatch.setattr(bounds, "check_window", lambda *_: None)
    with pytest.raises(ModelError, match=r"net\.onnx cannot be shown: ONNX Runtime crashed \(signal 8\)"):
        open_network(str(path))


def test_network_that_onnx_runtime_refuses_is_named_by_its_error() -> None:
    with pytest.raises(ModelError, match=r"ONNX Runtime cannot run it: .*INVALID_ARGUMENT"):
        run_at(5)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("import os; os.kill(os.getpid(), 9)", r"crashed \(signal 9\)"),
        ("import sys; sys.exit(7)", r"crashed \(exit status 7\)"),
        ("import time; time.sleep(60)", "did not finish running it within 0.5 seconds"),
    ],
)
def test_child_that_is_killed_or_slow_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, message: str
) -> None:
    (tmp_path / "child.py").write_text(script)
    monkeypatch.setattr(trial_process, "__file__", str(tmp_path / "child.py"))
    monkeypatch.setattr(trial_run, "TIME_LIMIT", 0.5 if "sleep" in script else 30.0)
    if sys.platform == "win32" and "signal" in message:
        pytest.skip("no signals there")
    with pytest.raises(ModelError, match=f"^ONNX Runtime {message}"):
        run_at(64)


def test_difference_knows_layouts_and_ranks() -> None:
    maps = np.random.default_rng(0).normal(size=(1, 4, 5, 6))
    assert difference(maps, maps.transpose(0, 2, 3, 1)) == 0.0
    assert difference(maps.reshape(1, -1), maps.reshape(1, -1, 1, 1)) == 0.0
    assert difference(maps * 1.1, maps) == pytest.approx(0.1)
    assert difference(maps, maps[:, :3]) == float("inf")
