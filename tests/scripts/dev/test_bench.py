"""The alternatives of the benchmarks do the same work, and the figures are right."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import numpy as np
import pytest

from models.build.build import build
from models.build.graph_spec import GraphSpec
from models.build.heads.activations import ActivationsHead
from models.errors import ModelError, SetupError
from models.importing.open_network import open_network
from models.spec import Hw, Network
from realtime.capture.pattern import Pattern
from realtime.inference.network_input import network_input
from realtime.inference.providers import CPU, Session
from scripts.dev.benchmarks import drawing, live_show, mosaics
from scripts.dev.benchmarks import dream_step as steps
from scripts.dev.benchmarks.dream_step import StepTimings, check_gradient, measure_steps, our_step
from scripts.dev.benchmarks.forward import RUNTIMES, Forward, input_tensor
from scripts.dev.benchmarks.frameworks import FRAMEWORKS, Chain, GradientStep, read_chain
from scripts.dev.benchmarks.timing import Timing, interleaved
from scripts.dev.benchmarks.untrained import write_untrained
from scripts.machine.bench import bench
from tests.networks import colour_network


def test_alternatives_run_in_turns() -> None:
    order: list[str] = []

    def sleepy() -> None:
        order.append("b")
        time.sleep(0.03)

    quick, slow = interleaved([lambda: order.append("a"), sleepy], runs=3)
    assert order == ["a", "b"] * 5
    assert slow.wall_ms >= 30 > slow.cpu_ms
    assert quick.wall_ms < slow.wall_ms


@pytest.mark.keras
@pytest.mark.parametrize("name", RUNTIMES)
def test_every_runtime_computes_the_same_activations(name: str) -> None:
    network, layer = open_network("world"), "block2_conv2"
    try:
        forward = RUNTIMES[name](network, layer, (32, 48), 1)
    except SetupError as error:
        pytest.skip(str(error))
    expected = Session(build(GraphSpec(network, ActivationsHead(layer), (32, 48))), CPU)
    image = network_input(Pattern().read(), (32, 48))
    activations = expected.run({"image": image})["activations"]
    difference = forward(input_tensor(image, network.info.input)) - activations
    assert np.linalg.norm(difference) < mosaics.TOLERANCE * np.linalg.norm(activations)


def test_the_mosaic_of_a_layer_in_every_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*_: object) -> Forward:
        raise SetupError("it is not installed")

    def wrong(*_: object) -> Forward:
        return lambda tensor: np.zeros((16, 32, 32), np.float32)

    monkeypatch.setattr(mosaics, "RUNTIMES", {"absent": absent, "wrong": wrong})
    network = open_network("world")
    result = mosaics.measure_mosaic(network, network.info.layers[0], CPU, size_hw=(32, 32), runs=2)
    assert list(result.timings) == [mosaics.WHOLE, "Ventral fp32", "Ventral int8"]
    assert result.skipped == [
        "absent is skipped: it is not installed",
        "wrong is skipped: its activations differ by 100%",
    ]
    assert result.speedup(mosaics.WHOLE) == 1


@pytest.mark.keras
@pytest.mark.parametrize("name", FRAMEWORKS)
def test_every_framework_computes_the_same_gradient(name: str) -> None:
    network, image = open_network("world"), np.random.default_rng(0).uniform(0, 255, (32, 48, 3)).astype(np.float32)
    layer = "block2_conv2"
    try:
        step = FRAMEWORKS[name](read_chain(network, layer), image, 1)
    except SetupError as error:
        pytest.skip(str(error))
    expected = our_step(network, layer, image)()
    assert step() == pytest.approx(expected, abs=2e-3 * float(np.abs(expected).max()))


def test_a_framework_with_another_gradient_is_refused() -> None:
    ones = np.ones((2, 2, 3), np.float32)
    with pytest.raises(SetupError, match=r"differs by 100\.0%"):
        check_gradient(lambda: 2 * ones, ones)
    assert check_gradient(lambda: ones, ones)() is ones


def test_a_way_that_only_some_layers_have_leaves_gaps(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mosaics, "RUNTIMES", {"other": _only_shallow})
    bench("world", part=("mosaics",), size=32, runs=1)
    lines = capsys.readouterr().out.splitlines()
    assert next(line for line in lines if line.startswith("other")).count("ms") == 1
    assert "other is skipped: it is too deep" in lines


def _only_shallow(network: Network, layer: str, size_hw: Hw, threads: int) -> Forward:
    if layer != "block1_conv2":
        raise SetupError("it is too deep")
    session = Session(build(GraphSpec(network, ActivationsHead(layer), size_hw)), CPU)
    image = network_input(Pattern().read(), size_hw)
    return lambda _: np.asarray(session.run({"image": image})["activations"])


def test_only_plain_chains_are_rebuilt(tmp_path: Path) -> None:
    colour_network(tmp_path / "colours.onnx")
    with pytest.raises(ModelError, match="colours is not a plain chain"):
        read_chain(open_network(str(tmp_path / "colours.onnx")), "conv2")


def test_a_missing_framework_is_skipped_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(chain: Chain, image: object, threads: int) -> GradientStep:
        raise SetupError("it is not installed")

    monkeypatch.setattr(steps, "FRAMEWORKS", {"other": absent})
    result = measure_steps(open_network("world"), size_hw=(32, 32), runs=1)
    assert result.skipped == ["other is skipped: it is not installed"]
    assert (result.layer, list(result.timings)) == ("block4_conv3", ["ventral", "ventral int8"])


def test_ratios_are_relative_to_ours() -> None:
    result = StepTimings("conv", {"ventral": Timing(10, 20), "other": Timing(15, 10)})
    assert result.ratios("other") == (1.5, 0.5)


@pytest.mark.slow
def test_a_session_of_every_view_has_all_figures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name, seconds in (("TURN", 0.5), ("SETTLED", 60.0)):
        monkeypatch.setattr(live_show, name, seconds)
    monkeypatch.setattr(live_show, "_in_a_process", lambda call: call())
    bench("world", part=("show",), runs=1, output=tmp_path / "out.json")
    rows = json.loads((tmp_path / "out.json").read_text())["show"]
    assert [row["view"] for row in rows] == list(live_show.VIEWS)
    for row in rows:
        assert row["lowest"] == row["median"] == row["highest"]  # of one session
        assert all(value > 0 for name, value in row["median"].items() if name != "recording_cost")
        assert 1 < row["median"]["network"] < 33
    assert "recording, %" in capsys.readouterr().out


@pytest.mark.slow
def test_drawing_every_view_takes_some_time(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(drawing, "SETTLED", 1)
    monkeypatch.setattr(drawing, "FRAMES", 2)
    bench("world", part=("drawing",), output=tmp_path / "out.json")
    rows = json.loads((tmp_path / "out.json").read_text())["drawing"]
    assert [row["view"] for row in rows] == [view for view in drawing.VIEWS for _ in drawing.SIZES]
    assert all(row["canvas_ms"] > 0 and row["overlay_ms"] > 0 for row in rows)
    assert "dream 1920x1080" in capsys.readouterr().out


@pytest.mark.slow
def test_a_network_without_a_classifier_has_a_show_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_show, "VIEWS", ("mosaic",))
    monkeypatch.setattr(live_show, "TURN", 0.5)
    monkeypatch.setattr(live_show, "_in_a_process", lambda call: call())
    (figures,) = live_show.measure_show(str(write_untrained("plain", width=0.25)), fps=15, sessions=1)
    assert 1 < figures.median.network < 17


def test_a_call_in_a_process_has_a_result() -> None:
    assert live_show._in_a_process(os.getpid) != os.getpid()  # type: ignore[arg-type, comparison-overlap]
