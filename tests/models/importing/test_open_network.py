"""From what the user calls a network to the stored one."""

from __future__ import annotations

import shutil
from pathlib import Path

import onnx
import pytest

from models import zoo
from models.errors import ModelError
from models.importing.open_network import open_network
from models.spec import ModelInfo
from models.zoo import bundled_path


def test_auto_is_the_bundled_network_until_vgg16_is_exported(cache: Path) -> None:
    assert open_network("auto").info.name == "world"
    assert open_network("auto").info.trained
    stored = zoo.stored_path("vgg16")
    stored.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(bundled_path(), stored)
    try:
        assert open_network("auto").path == stored
    finally:
        stored.unlink()


def test_layers_are_those_of_vgg16_at_quarter_width() -> None:
    layers = open_network("world").info.layers
    assert [layer.channels for layer in layers] == [16, 16, 32, 32, 64, 64, 64, *[128] * 3, *[256] * 3]
    assert [layer.block for layer in layers] == [1, 1, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5]
    assert [layer.stride for layer in layers] == [1, 1, 2, 2, 4, 4, 4, 8, 8, 8, 16, 16, 16]


def test_facts_survive_json() -> None:
    info = open_network("world").info
    assert ModelInfo.from_json(info.to_json()) == info


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a readable ONNX file: it is empty"),
        (b"this is no network at all", "not a readable ONNX file: it is text"),
        (onnx.ModelProto(ir_version=8).SerializeToString(), "not a readable ONNX"),
    ],
)
def test_file_that_is_no_exported_network_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "net.onnx"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=message):
        open_network(str(file))


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ModelError, match=r"expected auto, .*vgg16, .*world, an \.onnx file, or"):
        open_network("resnet9000")


def test_name_of_the_zoo_that_was_not_exported_says_how() -> None:
    with pytest.raises(ModelError, match=r"run: ventral fetch vgg16 \(553 MB\), or: ventral export vgg16"):
        open_network("vgg16")


def test_record_that_names_layers_the_network_lacks_is_refused(tmp_path: Path) -> None:
    model = onnx.load(bundled_path())
    del model.graph.output[3:]
    onnx.save(model, tmp_path / "less.onnx")
    with pytest.raises(ModelError, match="export it again"):
        open_network(str(tmp_path / "less.onnx"))


def test_weights_in_other_files_are_refused(tmp_path: Path) -> None:
    onnx.save(onnx.load(bundled_path()), tmp_path / "split.onnx", save_as_external_data=True, size_threshold=0)
    with pytest.raises(ModelError, match="expected a single file"):
        open_network(str(tmp_path / "split.onnx"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"channels": 16', '"channels": 17'),
        ('"smallest": 32', '"smallest": 0'),
        ('"colours": "BGR"', '"colours": "PINK"'),
        ('"mean": [127.5, 127.5, 127.5]', '"mean": [1.0]'),
    ],
)
def test_card_that_says_what_is_not_so_is_refused(tmp_path: Path, old: str, new: str) -> None:
    model = onnx.load(bundled_path())
    card = model.metadata_props[0]
    assert old in card.value
    card.value = card.value.replace(old, new, 1)
    onnx.save(model, tmp_path / "odd.onnx")
    with pytest.raises(ModelError, match=r"odd\.onnx is damaged"):
        open_network(str(tmp_path / "odd.onnx"))
