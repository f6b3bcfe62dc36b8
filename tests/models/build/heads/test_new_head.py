"""A new head is one class in one file: everything else reads it from there."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import pytest

from models.build.graph_spec import GraphSpec
from models.build.heads.activations import ActivationsHead
from models.build.heads.dream import DreamHead
from models.build.heads.grid import Grid
from models.build.heads.head import Head, Shapes
from models.build.heads.mosaic import MosaicHead
from models.build.heads.scores import ScoresHead
from models.errors import ModelError
from models.graph.builder import FLOAT, GraphBuilder
from models.importing.open_network import open_network
from models.spec import ModelInfo
from realtime.inference.engine import Engine, NotReady
from realtime.inference.open_session import open_session
from realtime.inference.providers import CPU, Session

SIZE_HW = (48, 64)
LAYER = "block2_conv2"


@dataclass(frozen=True, slots=True)
class PeaksHead(Head):
    """The output "peaks": the largest activation of each channel of a layer."""

    layer: str

    image_type = FLOAT
    waits = False

    @property
    def label(self) -> str:
        return f"peaks of {self.layer}"

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.layer,)

    def append(self, builder: GraphBuilder, info: ModelInfo, shapes: Shapes) -> None:
        peaks = builder.op("ReduceMax", self.layer, builder.ints(0, 2, 3), keepdims=0)
        builder.output(peaks, "peaks", FLOAT, shapes[self.layer][1:2])


def spec(head: Head) -> GraphSpec:
    return GraphSpec(open_network("world"), head, SIZE_HW)


def test_it_is_built_and_run() -> None:
    image = np.random.default_rng(0).integers(0, 256, (*SIZE_HW, 3)).astype(np.float32)
    with Engine(CPU) as engine:
        with pytest.raises(NotReady) as caught:
            engine.run(spec(PeaksHead(LAYER)), {"image": image})
        assert caught.value.spec.head.label == "peaks of block2_conv2"
        peaks = engine.run_when_ready(spec(PeaksHead(LAYER)), {"image": image})["peaks"]
        outputs = engine.run_when_ready(spec(ActivationsHead(LAYER)), {"image": image.astype(np.uint8)})
    assert peaks == pytest.approx(outputs["activations"].max((1, 2)), rel=1e-5)


def test_its_errors_are_those_of_every_head() -> None:
    with Engine(CPU) as engine, pytest.raises(ModelError, match="layer 'conv9' is not in world"):
        engine.run_when_ready(spec(PeaksHead("conv9")), {})


CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


@pytest.mark.parametrize(
    ("head", "background", "threads"),
    [
        (PeaksHead(LAYER), True, 1),
        (ScoresHead(), True, 1),
        (DreamHead((LAYER,)), True, 1),
        (MosaicHead(LAYER, Grid(6, 6, (9, 12), 1, (60, 80))), True, CORES),
        (PeaksHead(LAYER), False, CORES),
    ],
    ids=repr,
)
def test_a_head_that_the_show_does_not_wait_for_gets_one_thread(head: Head, background: bool, threads: int) -> None:
    network = open_network("world")
    size_hw = network.info.scores.size_hw
    session = open_session(GraphSpec(network, head, size_hw), CPU, background=background)
    assert isinstance(session, Session)
    assert session._session.get_session_options().intra_op_num_threads == threads
