"""Buffers on a device, here those of the CPU: the same results as without them, and what stays on the device."""

from __future__ import annotations

import numpy as np
import pytest

from models.build.build import build
from models.build.graph_spec import GraphSpec
from models.build.heads.activations import ActivationsHead
from models.build.heads.ascent import AscentHead
from models.graph.builder import FLOAT, GraphBuilder, empty_model
from models.importing.open_network import open_network
from realtime.inference.providers import CPU, Session
from scripts.machine.check.examples import Example, examples

NETWORK = open_network("world")


SINGLE = [each for each in examples(NETWORK, 64) if not isinstance(each.head, AscentHead)]


@pytest.mark.parametrize("example", SINGLE, ids=lambda each: each.name)
def test_every_graph_computes_the_same_with_buffers(example: Example) -> None:
    path = build(example.spec(NETWORK))
    plain, bound = Session(path, CPU), Session(path, CPU, device="cpu")
    assert plain.binding is None and bound.binding is not None
    feeds = example.measured(plain.run)
    expected, found = plain.run(feeds), bound.run(feeds)
    assert expected.keys() == found.keys()
    for name, array in expected.items():
        assert array.dtype == found[name].dtype
        assert np.array_equal(array, found[name]), name


def test_results_of_an_earlier_run_stay_as_they_are() -> None:
    session = Session(build(GraphSpec(NETWORK, ActivationsHead("block2_conv1"), (32, 32))), CPU, device="cpu")
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 255, (32, 32, 3)).astype(np.uint8) for _ in range(2)]
    first = session.run({"image": images[0]})["activations"]
    before = first.copy()
    second = session.run({"image": images[1]})["activations"]
    assert np.array_equal(first, before)
    assert not np.array_equal(first, second)


def test_an_input_that_is_no_contiguous_array_is_read_right() -> None:
    session = Session(build(GraphSpec(NETWORK, ActivationsHead("block1_conv1"), (32, 32))), CPU, device="cpu")
    image = np.random.default_rng(0).integers(0, 255, (32, 32, 3)).astype(np.uint8)
    mirrored = session.run({"image": image[:, ::-1]})["activations"]
    assert np.array_equal(mirrored, session.run({"image": np.ascontiguousarray(image[:, ::-1])})["activations"])


def doubling() -> bytes:
    """y = 2 x + b."""
    builder = GraphBuilder(empty_model("doubling"))
    x, b = (builder.input(name, FLOAT, (3,)) for name in ("x", "b"))
    builder.output(builder.op("Add", builder.op("Mul", x, builder.floats(2.0)), b), "y", FLOAT, (3,))
    content: bytes = builder.model.SerializeToString()
    return content


def test_what_a_run_computes_can_stay_and_be_read_by_the_next() -> None:
    binding = Session(doubling(), CPU, device="cpu").binding
    assert binding is not None
    binding.compute({"x": np.array([1, 2, 3], np.float32), "b": np.array([0, 0, 1], np.float32)})
    for _ in range(3):
        binding.carry("y", "x")
        binding.compute({})
    assert binding.fetch("y").tolist() == [16, 32, 63]
    with pytest.raises(KeyError, match="z"):
        binding.compute({"z": np.zeros(3, np.float32)})


def test_a_graph_of_unknown_sizes_has_no_buffers() -> None:
    builder = GraphBuilder(empty_model("free"))
    builder.output(builder.op("Relu", builder.input("x", FLOAT, ("n",))), "y", FLOAT, ("n",))
    session = Session(builder.model.SerializeToString(), CPU, device="cpu")
    assert session.binding is None
    assert session.run({"x": np.array([-1, 2], np.float32)})["y"].tolist() == [0, 2]
