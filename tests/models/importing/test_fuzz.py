"""Three hundred damaged networks: each is shown or refused in one line; none crashes, hangs or eats the memory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest

from scripts.dev.benchmarks.untrained import vgg16_shaped
from tests.models.importing.kinds.cases import CASES
from tests.models.importing.mutants import __file__ as mutants
from tests.models.importing.nets import NETS
from tests.models.importing.passes.plain.test_expand_group_norm import groups
from tests.models.importing.passes.plain.test_inline_subgraphs import looped, with_branches

ROOT = Path(mutants).parents[3]
COUNT, SEED = 300, 20
LIMIT = 100.0  # seconds for one process
SEEDLINGS: tuple[Callable[[], onnx.ModelProto], ...] = (
    *(NETS[name] for name in ("squeeze", "torch_resnet", "nhwc", "mobile", "shuffle")),
    *(CASES[name].make for name in ("computed pads", "free U-Net", "int8 levels", "numbers in NHWC", "style")),
    lambda: with_branches("shape"),
    lambda: looped(3),
    lambda: groups(21),
)
OPERATORS = (
    *("Add", "Cast", "Concat", "ConstantOfShape", "Conv", "Expand", "Gather", "GlobalAveragePool", "If", "Loop"),
    *("MaxPool", "NonZero", "Pad", "Range", "Reshape", "Resize", "Slice", "Tile", "TopK", "Transpose", "Upsample"),
)
HUGE = (-1, 0, 1, 2, 3, 7, 2**10, 2**20, 2**31 - 1, 2**31, 2**40, 2**62, -(2**62))


def flip_bits(content: bytes, rng: np.random.Generator) -> bytes:
    damaged = bytearray(content)
    for place in rng.integers(len(damaged), size=rng.integers(1, 12)):
        damaged[place] ^= 1 << int(rng.integers(8))
    return bytes(damaged)


def flip_structure(content: bytes, rng: np.random.Generator) -> bytes:
    """Bits of everything but the weights, which come behind: joined bytes are joined messages."""
    model = onnx.ModelProto.FromString(content)
    weights = onnx.ModelProto(graph=onnx.GraphProto(initializer=model.graph.initializer))
    del model.graph.initializer[:]
    return flip_bits(model.SerializeToString(), rng) + bytes(weights.SerializeToString())


def cut_off(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: int(rng.integers(len(content)))]


def zero_a_run(content: bytes, rng: np.random.Generator) -> bytes:
    start, length = int(rng.integers(len(content))), int(rng.integers(1, 400))
    return content[:start] + bytes(min(length, len(content) - start)) + content[start + length :]


def change_a_number(content: bytes, rng: np.random.Generator) -> bytes:
    model = onnx.ModelProto.FromString(content)
    value = HUGE[rng.integers(len(HUGE))]
    lists = [each.ints for node in model.graph.node for each in node.attribute if each.ints]
    chosen = lists[rng.integers(len(lists))]
    chosen[int(rng.integers(len(chosen)))] = value
    return bytes(model.SerializeToString())


def change_a_shape(content: bytes, rng: np.random.Generator) -> bytes:
    model = onnx.ModelProto.FromString(content)
    value = HUGE[rng.integers(len(HUGE))]
    if rng.random() < 0.5:
        tensor = model.graph.initializer[rng.integers(len(model.graph.initializer))]
        tensor.dims[:] = [value, *tensor.dims[1:]]
    else:
        dims = model.graph.input[0].type.tensor_type.shape.dim
        dims[int(rng.integers(len(dims)))].dim_value = value
    return bytes(model.SerializeToString())


def change_an_index(content: bytes, rng: np.random.Generator) -> bytes:
    """The whole numbers that say shapes, axes and margins."""
    model = onnx.ModelProto.FromString(content)
    tensors = [each for each in model.graph.initializer if each.data_type == onnx.TensorProto.INT64]
    if not tensors:
        return change_a_number(content, rng)
    tensor = tensors[rng.integers(len(tensors))]
    values = onnx.numpy_helper.to_array(tensor).copy().reshape(-1)
    values[rng.integers(values.size)] = HUGE[rng.integers(len(HUGE))]
    tensor.raw_data = values.tobytes()
    return bytes(model.SerializeToString())


def repeat_a_node(content: bytes, rng: np.random.Generator) -> bytes:
    model = onnx.ModelProto.FromString(content)
    model.graph.node.append(model.graph.node[rng.integers(len(model.graph.node))])
    return bytes(model.SerializeToString())


def rewire(content: bytes, rng: np.random.Generator) -> bytes:
    """Read any other tensor, which may come later: circles, wrong ranks, wrong types."""
    model = onnx.ModelProto.FromString(content)
    names = [name for node in model.graph.node for name in (*node.input, *node.output)]
    node = model.graph.node[rng.integers(len(model.graph.node))]
    node.input[int(rng.integers(len(node.input)))] = names[rng.integers(len(names))]
    return bytes(model.SerializeToString())


def swap_operators(content: bytes, rng: np.random.Generator) -> bytes:
    model = onnx.ModelProto.FromString(content)
    one, two = (model.graph.node[rng.integers(len(model.graph.node))] for _ in range(2))
    one.op_type, two.op_type = two.op_type, one.op_type
    return bytes(model.SerializeToString())


def bomb(content: bytes, rng: np.random.Generator) -> bytes:
    """Something small that claims to become something large, added to what the network computes."""
    model = onnx.ModelProto.FromString(content)
    place = int(rng.integers(1, len(model.graph.node)))
    target = model.graph.node[place].input[0]
    side = int(2 ** rng.integers(10, 40))
    shape = onnx.numpy_helper.from_array(np.array([1, 1, side, side]), "bomb_shape")
    kinds = {
        "ConstantOfShape": ["bomb_shape"],
        "Expand": [target, "bomb_shape"],
        "Tile": [target, "bomb_shape"],
        "Reshape": [target, "bomb_shape"],
    }
    kind = sorted(kinds)[rng.integers(len(kinds))]
    model.graph.initializer.append(shape)
    model.graph.node.insert(place, onnx.helper.make_node(kind, kinds[kind], ["boom"]))
    model.graph.node.insert(place + 1, onnx.helper.make_node("Add", ["boom", target], ["boom_sum"]))
    model.graph.node[place + 2].input[0] = "boom_sum"
    return bytes(model.SerializeToString())


def change_an_operator(content: bytes, rng: np.random.Generator) -> bytes:
    model = onnx.ModelProto.FromString(content)
    model.graph.node[rng.integers(len(model.graph.node))].op_type = OPERATORS[rng.integers(len(OPERATORS))]
    return bytes(model.SerializeToString())


def drop_a_node(content: bytes, rng: np.random.Generator) -> bytes:
    model = onnx.ModelProto.FromString(content)
    del model.graph.node[int(rng.integers(len(model.graph.node)))]
    return bytes(model.SerializeToString())


def change_weights(content: bytes, rng: np.random.Generator) -> bytes:
    """Another type for the same bytes, another tensor under the name, or numbers at the end of what is possible."""
    model = onnx.ModelProto.FromString(content)
    one, two = (model.graph.initializer[rng.integers(len(model.graph.initializer))] for _ in range(2))
    match int(rng.integers(3)):
        case 0:
            one.data_type = int(rng.integers(1, 24))
        case 1:
            one.name, two.name = two.name, one.name
        case _:
            one.raw_data = bytes(rng.choice([0, 127, 128, 255], size=len(one.raw_data)).astype(np.uint8))
    return bytes(model.SerializeToString())


def change_inside(content: bytes, rng: np.random.Generator) -> bytes:
    """A name, a shape or an output of the graph inside a node; of a network without one, any attribute's name."""
    model = onnx.ModelProto.FromString(content)
    bodies = [each.g for node in model.graph.node for each in node.attribute if each.type == onnx.AttributeProto.GRAPH]
    if not bodies:
        attributes = [each for node in model.graph.node for each in node.attribute]
        attributes[rng.integers(len(attributes))].name = ("axis", "perm", "to", "mode", "nothing")[rng.integers(5)]
        return bytes(model.SerializeToString())
    body = bodies[rng.integers(len(bodies))]
    node = body.node[rng.integers(len(body.node))]
    match int(rng.integers(4)):
        case 0:
            node.input[0] = "nobody"
        case 1:
            del body.output[int(rng.integers(len(body.output)))]
        case 2:
            node.output[0] = body.output[0].name
        case _:
            body.node.append(node)
    return bytes(model.SerializeToString())


Mutation = Callable[[bytes, np.random.Generator], bytes]
MUTATIONS: tuple[Mutation, ...] = (
    flip_bits,
    flip_structure,
    flip_structure,
    cut_off,
    zero_a_run,
    change_a_number,
    change_a_number,
    change_a_shape,
    change_an_index,
    repeat_a_node,
    rewire,
    swap_operators,
    bomb,
    change_an_operator,
    change_an_operator,
    drop_a_node,
    change_weights,
    change_inside,
    change_inside,
)


def mutants_of(seedlings: list[bytes], count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    rng = np.random.default_rng(seed)
    for number in range(count):
        mutation = MUTATIONS[number % len(MUTATIONS)]
        seedling = seedlings[int(rng.integers(len(seedlings)))]
        yield f"{number:04d}_{mutation.__name__}", mutation(seedling, rng)


def outcomes(folder: Path) -> dict[str, str]:
    """How each network in `folder` ended; the process is begun anew after one that killed it."""
    found: dict[str, str] = {}
    deadline = LIMIT
    while waiting := sorted(path for path in folder.glob("*.onnx")):
        process = subprocess.run(
            [sys.executable, "-m", "tests.models.importing.mutants", str(folder)],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=deadline,
            check=False,
        )
        for line in process.stdout.splitlines():
            name, _, words = line.partition(" ")
            found[name] = f"KILLED {process.returncode} {process.stderr[-300:]}" if words == "begun" else words
        for path in waiting:
            if path.name in found:
                path.unlink()
        assert any(path.name in found for path in waiting), process.stderr
    return found


@pytest.fixture(scope="module")
def seedlings() -> list[bytes]:
    found = [make().SerializeToString() for make in SEEDLINGS]
    found.append(vgg16_shaped("described", width=0.1).SerializeToString())
    assets = os.environ.get("VENTRAL_TEST_ASSETS")
    return [*found, (Path(assets) / "weights" / "squeezenet_v1_1.onnx").read_bytes()] if assets else found


@pytest.mark.slow
def test_damaged_networks_are_shown_or_refused_in_one_line(seedlings: list[bytes], tmp_path: Path) -> None:
    for name, content in mutants_of(seedlings, COUNT, SEED):
        (tmp_path / f"{name}.onnx").write_bytes(content)
    found = outcomes(tmp_path)
    wrong = {name: words for name, words in found.items() if words != "shown" and not words.startswith("refused: ")}
    assert not wrong
    assert len(found) == COUNT
    assert 20 < sum(words == "shown" for words in found.values()) < COUNT - 50
