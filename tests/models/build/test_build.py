"""Finished graphs and the cache of weights."""

from __future__ import annotations

import dataclasses
import multiprocessing
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from models.build.build import build, key
from models.build.graph_spec import GraphSpec
from models.build.heads.grid import Grid
from models.build.heads.mosaic import MosaicHead
from models.build.heads.tiles import SAMPLES, SPOT
from models.errors import ModelError, OutputError
from models.importing.open_network import open_network
from models.spec import Network

SIZE_HW = (64, 96)


@pytest.fixture(scope="module")
def network() -> Network:
    return open_network("world")


def spec(network: Network, layer: str = "block2_conv2", *, size_hw: tuple[int, int] = SIZE_HW) -> GraphSpec:
    return GraphSpec(network, MosaicHead(layer, Grid(6, 6, (9, 12), 1, (60, 80))), size_hw)


def test_deeper_layers_are_cut_off(network: Network) -> None:
    model = onnx.load(build(spec(network)), load_external_data=False)
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    assert len(convolutions) == 4
    assert not any("block3" in initializer.name for initializer in model.graph.initializer)


def test_same_spec_same_file_other_spec_other_file(network: Network) -> None:
    assert build(spec(network)) == build(spec(network))
    assert key(spec(network)) != key(spec(network, size_hw=(64, 64)))
    assert key(spec(network)) != key(spec(network, "block2_conv1"))


def test_a_network_whose_file_has_gone_is_named(network: Network, tmp_path: Path) -> None:
    gone = dataclasses.replace(network, path=tmp_path / "gone.onnx", digest="f" * 64)
    with pytest.raises(ModelError, match=r"gone\.onnx can no longer be read: No such file"):
        build(spec(gone))


def test_other_preprocessing_other_file(network: Network) -> None:
    info = dataclasses.replace(network.info.input, colours="RGB")
    other = dataclasses.replace(network, info=dataclasses.replace(network.info, input=info))
    assert key(spec(network)) != key(spec(other))


def test_preprocessing_swaps_colours_and_scales(network: Network) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*SIZE_HW, 3), dtype=np.uint8)
    info = dataclasses.replace(network.info.input, colours="RGB", mean=(10.0, 20.0, 30.0), scale=(0.5, 2.0, 1.0))
    other = dataclasses.replace(network, info=dataclasses.replace(network.info, input=info))
    tensor = (image[..., ::-1].astype(np.float32) - np.array([10, 20, 30], np.float32)) * np.array(
        [0.5, 2, 1], np.float32
    )
    stored = ort.InferenceSession(network.path, providers=["CPUExecutionProvider"])
    maps = stored.run(["block2_conv2"], {"input": tensor.transpose(2, 0, 1)[None]})[0]
    head = MosaicHead("block2_conv2", Grid(6, 6, maps.shape[2:], 0, (maps.shape[2] * 6, maps.shape[3] * 6)))
    session = ort.InferenceSession(build(GraphSpec(other, head, SIZE_HW)), providers=["CPUExecutionProvider"])
    feeds = {"image": image, "black": np.zeros(32, np.float32), "gain": np.ones(32, np.float32)}
    peak = session.run(["peak"], feeds)[0]
    assert max(maps.shape[2:]) <= SAMPLES  # every unit counts
    ranked = np.sort(maps[0].reshape(32, -1), axis=1)[:, ::-1]
    expected = np.maximum(ranked[:, round(ranked.shape[1] * 0.01) - 1], SPOT * ranked[:, 0])
    np.testing.assert_allclose(peak, expected, rtol=1e-3, atol=1e-3)


def test_finished_graph_is_small_and_weights_are_shared(network: Network) -> None:
    first, second = build(spec(network)), build(spec(network, "block5_conv3"))
    assert max(first.stat().st_size, second.stat().st_size) < 200_000
    assert first.parent == second.parent


def test_unknown_layer_is_named(network: Network) -> None:
    with pytest.raises(ModelError, match="layer 'conv9' is not in world"):
        build(spec(network, "conv9"))


def test_input_too_small_is_refused_before_anything_runs(network: Network) -> None:
    with pytest.raises(ModelError, match="at least 32"):
        build(spec(network, size_hw=(16, 64)))


def _build_in_new_cache(cache: str) -> str:
    import os

    os.environ["XDG_CACHE_HOME"] = cache
    path = build(spec(open_network("world")))
    ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    return str(path)


def test_processes_may_race_for_an_empty_cache(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        paths = pool.map(_build_in_new_cache, [str(tmp_path)] * 6)
    assert len(set(paths)) == 1
    leftovers = [path for path in tmp_path.rglob("*") if ".part" in path.name or path.name.startswith("tmp")]
    assert leftovers == []


def test_cache_that_cannot_be_written_is_named(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where a folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    with pytest.raises(OutputError, match="cannot write the cache"):
        build(spec(network))
