"""What the bench times does the same work each way, and what it says is what it counted."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from models.errors import ModelError, SetupError
from models.importing.open_network import open_network
from realtime.inference.providers import CPU
from scripts.dev.benchmarks import dream_step as steps
from scripts.dev.benchmarks.dream_step import StepTimings, agreeing, measure_steps, our_step
from scripts.dev.benchmarks.frameworks import FRAMEWORKS, Chain, GradientStep, read_chain
from scripts.dev.benchmarks.live_show import OfflineShow, measure_dream, measure_predictions, open_show
from scripts.dev.benchmarks.timing import Timing, interleaved
from scripts.dev.benchmarks.untrained import write_untrained
from scripts.machine.bench import bench
from tests.networks import colour_network


def test_ways_take_turns() -> None:
    order: list[str] = []

    def sleepy() -> None:
        order.append("b")
        time.sleep(0.03)

    quick, slow = interleaved([lambda: order.append("a"), sleepy], runs=3)
    assert order == ["a", "b"] * 5
    assert slow.wall_ms >= 30 > slow.cpu_ms
    assert quick.wall_ms < slow.wall_ms


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_a_rival_finds_the_same_gradient(name: str) -> None:
    network, image = open_network("textures"), np.random.default_rng(0).uniform(0, 255, (32, 48, 3)).astype(np.float32)
    layer = "block2_conv2"
    try:
        step = FRAMEWORKS[name](read_chain(network, layer), image, 1)
    except SetupError as error:
        pytest.skip(str(error))
    expected = our_step(network, layer, image)()
    assert step() == pytest.approx(expected, abs=2e-3 * float(np.abs(expected).max()))


def test_who_computes_something_else_is_not_compared() -> None:
    ones = np.ones((2, 2, 3), np.float32)
    with pytest.raises(SetupError, match=r"differs by 100\.0%"):
        agreeing(lambda: 2 * ones, ones)
    assert agreeing(lambda: ones, ones)() is ones


def test_what_is_no_plain_chain_is_not_rebuilt(tmp_path: Path) -> None:
    colour_network(tmp_path / "colours.onnx")
    with pytest.raises(ModelError, match="colours is not a plain chain"):
        read_chain(open_network(str(tmp_path / "colours.onnx")), "conv2")


def test_a_rival_that_is_not_there_is_left_out_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(chain: Chain, image: object, threads: int) -> GradientStep:
        raise SetupError("it is not installed")

    monkeypatch.setattr(steps, "RIVALS", {"other": absent})
    found = measure_steps(open_network("textures"), size_hw=(32, 32), runs=1)
    assert found.left_out == ["other is left out: it is not installed"]
    assert (found.layer, list(found.timings)) == ("block4_conv3", ["ventral"])


def test_ratios_say_how_many_times_as_long_another_takes() -> None:
    found = StepTimings("conv", {"ventral": Timing(10, 20), "other": Timing(15, 10)})
    assert found.ratios("other") == (1.5, 0.5)


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> Iterator[OfflineShow]:
    monkeypatch.setattr("scripts.dev.benchmarks.live_show.TURN", 0.4)
    with open_show("textures", CPU) as show:
        yield show


def test_the_show_with_predictions_and_the_dream(show: OfflineShow) -> None:
    plain, named = measure_predictions(show, runs=1)
    assert plain.rate > 1 and named.rate > 1
    assert plain.results == named.results == 0
    fast, paced = measure_dream(show, runs=1)
    assert 1 < paced.rate < 36
    assert fast.results > 0 and fast.core_ms > 0


def test_a_network_without_a_classifier_still_dreams(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("scripts.dev.benchmarks.live_show.TURN", 0.2)
    bench(
        "textures", part=("show",), show=str(write_untrained("plain", width=0.25)), runs=1, output=tmp_path / "out.json"
    )
    assert "predictions are left out: plain has no classifier" in capsys.readouterr().out
    rows = json.loads((tmp_path / "out.json").read_text())["show"]
    assert [row["name"] for row in rows] == ["dream", "dream at 30 fps"]
