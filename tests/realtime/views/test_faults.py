"""A layer whose gradient cannot be computed shows a card, and leaves nothing behind."""

from __future__ import annotations

import gc
import types
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest

from models.graph.builder import FLOAT, GraphBuilder, empty_model
from models.importing.open_network import open_network
from models.spec import Network
from realtime.canvas.composer import Canvas
from realtime.canvas.pipeline import Pipeline
from realtime.controls.controls import Controls
from realtime.imaging.frame import Frame
from realtime.inference.engine import Engine
from realtime.inference.providers import CPU
from realtime.show.make_controls import make_controls
from realtime.views.registry import find_views
from tests.realtime.views.scenes import PANEL_HW
from tests.screen import until

FAULTS = {"Sin": ("Sin", 0.2, "no gradient rule for Sin"), "huge": ("Relu", 1e30, "produced NaN or Inf")}
"""The activation after the second convolution, the scale of the third kernel, and the error for the last layer."""


@pytest.fixture(params=FAULTS)
def fault(request: pytest.FixtureRequest) -> tuple[str, float, str]:
    return FAULTS[request.param]


@pytest.fixture
def network(tmp_path: Path, fault: tuple[str, float, str]) -> Network:
    """Three convolutions; the gradient of the last layer cannot be computed."""
    curve, size, _ = fault
    model = empty_model("faulty")
    draft, tensor = GraphBuilder(model), "input"
    draft.input(tensor, FLOAT, (1, 3, "height", "width"))
    for channels, scale, bend in ((3, 0.2, "Relu"), (8, 0.2, curve), (8, size, "Relu")):
        kernel = np.random.default_rng(channels).normal(0, scale, (8, channels, 3, 3)).astype(np.float32)
        tensor = draft.op(bend, draft.op("Conv", tensor, draft.constant(kernel), pads=[1, 1, 1, 1]))
    draft.output(tensor, "output", FLOAT, (1, 8, None, None))
    onnx.save(model, tmp_path / "faulty.onnx")
    return open_network(str(tmp_path / "faulty.onnx"))


@pytest.fixture
def controls(network: Network) -> Controls:
    controls = make_controls(network.info, find_views())
    controls.set("dream/size", 64)
    return controls


@pytest.fixture
def pipeline(network: Network) -> Iterator[Pipeline]:
    with Engine(CPU, background=True) as engine:
        yield Pipeline(network, engine, find_views(), canvas_hw=PANEL_HW, short_side=64)


class Show:
    """Frames of noise, drawn one after the other."""

    def __init__(self, pipeline: Pipeline, controls: Controls) -> None:
        self._pipeline, self._controls, self._count = pipeline, controls, 0

    def canvas(self) -> Canvas:
        self._count += 1
        image = np.random.default_rng(self._count).integers(0, 256, (64, 96, 3)).astype(np.uint8)
        frame = Frame(image, self._count, self._count / 30)
        return self._pipeline.render(frame, self._controls.snapshot(), self._count / 30)


@pytest.mark.parametrize("view", ["dream", "saliency"])
def test_choosing_another_layer_ends_the_error(
    pipeline: Pipeline, controls: Controls, network: Network, fault: tuple[str, float, str], view: str
) -> None:
    show, (first, *_, last) = Show(pipeline, controls), network.info.layers
    controls.set("show/view", view)
    controls.set("show/layer", last.name)
    until(lambda: all(fault[2] in str(show.canvas().fault) for _ in range(20)), "a card that stays")
    controls.set("show/layer", first.name)
    until(lambda: not (canvas := show.canvas()).fault and not canvas.waiting, "a picture of the first layer")
    assert not any(show.canvas().fault for _ in range(20))


@pytest.mark.parametrize("view", ["dream", "saliency"])
@pytest.mark.slow
def test_a_lasting_error_keeps_no_frames_alive(
    pipeline: Pipeline, controls: Controls, network: Network, view: str
) -> None:
    show = Show(pipeline, controls)
    controls.set("show/view", view)
    controls.set("show/layer", network.info.layers[-1].name)
    until(lambda: show.canvas().fault, "the fault")
    before = kept_tracebacks()
    for _ in range(60):
        show.canvas()
    assert kept_tracebacks() < before + 30


def kept_tracebacks() -> int:
    gc.collect()
    return sum(isinstance(each, types.TracebackType) for each in gc.get_objects())
