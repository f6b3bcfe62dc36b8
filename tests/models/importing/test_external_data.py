"""Weights in a file beside the network are read where that is safe; everything else is refused in one line."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from models.errors import ModelError
from models.importing.open_network import open_network
from tests.models.importing.nets import squeeze, torch_resnet
from tests.models.importing.reference import picture, run, save, scores

DATA = "net.onnx.data"


def split(folder: Path, *, attributes: bool = False) -> Path:
    """A network whose weights lie beside it, as PyTorch's exporter writes them."""
    path = folder / "net.onnx"
    model = torch_resnet()
    onnx.save(model, path, save_as_external_data=True, location=DATA, size_threshold=0, convert_attribute=attributes)
    return path


def test_weights_beside_the_network_are_read(tmp_path: Path) -> None:
    path, whole = split(tmp_path), save(torch_resnet(), tmp_path, "whole.onnx")
    assert path.stat().st_size < whole.stat().st_size
    network = open_network(str(path))
    tensor = picture(network, (64, 64))
    np.testing.assert_allclose(scores(network, tensor)[0], run(str(whole), tensor)[0].ravel(), rtol=1e-5, atol=1e-6)
    (tmp_path / DATA).unlink()
    assert open_network(str(whole)).digest == network.digest


def test_other_weights_make_another_network(tmp_path: Path) -> None:
    path = split(tmp_path)
    first = open_network(str(path))
    assert open_network(str(path)).digest == first.digest
    data = np.fromfile(tmp_path / DATA, np.uint8)
    data[2] ^= 16
    data.tofile(tmp_path / DATA)
    assert open_network(str(path)).digest != first.digest


def describe(path: Path, **entries: str) -> None:
    """Change what the network says of its first weights."""
    model = onnx.load(path, load_external_data=False)
    for entry in model.graph.initializer[0].external_data:
        entry.value = entries.pop(entry.key, entry.value)
    for key, value in entries.items():
        model.graph.initializer[0].external_data.add(key=key, value=value)
    path.write_bytes(model.SerializeToString())


def secret(folder: Path) -> Path:
    outside = folder.parent / f"{folder.name}-secret"
    outside.write_bytes(bytes(10**6))
    return outside


def link(path: Path) -> None:
    (path.parent / DATA).unlink()
    (path.parent / DATA).symlink_to(secret(path.parent))


def hard_link(path: Path) -> None:
    (path.parent / DATA).unlink()
    os.link(secret(path.parent), path.parent / DATA)


def pipe(path: Path) -> None:
    (path.parent / DATA).unlink()
    os.mkfifo(path.parent / DATA)


def folder(path: Path) -> None:
    (path.parent / DATA).unlink()
    (path.parent / DATA).mkdir()


def below(path: Path) -> None:
    (path.parent / "sub").mkdir()
    shutil.copy(path.parent / DATA, path.parent / "sub" / DATA)
    describe(path, location=f"sub/{DATA}")


def shorter(path: Path) -> None:
    os.truncate(path.parent / DATA, (path.parent / DATA).stat().st_size - 1)


UNSAFE: dict[str, tuple[Callable[[Path], object], str]] = {
    "another folder": (lambda path: describe(path, location=f"../{secret(path.parent).name}"), "the plain name of a"),
    "a folder below": (below, "expected the plain name"),
    "an absolute path": (lambda path: describe(path, location="/etc/passwd"), "expected the plain name"),
    "a path of Windows": (lambda path: describe(path, location="..\\secret"), "expected the plain name"),
    "the folder itself": (lambda path: describe(path, location=".."), "expected the plain name"),
    "the network itself": (lambda path: describe(path, location=path.name, offset="0"), "expected the plain name"),
    "no name": (lambda path: describe(path, location=""), "expected the plain name"),
    "a name with an end inside": (lambda path: describe(path, location=f"{DATA}\0.txt"), "expected the plain name"),
    "a link": (link, "it is a link"),
    "a second name of a file": (hard_link, "expected a regular file without links"),
    "a pipe": (pipe, "expected a regular file"),
    "a folder in its place": (folder, "expected a regular file|[Ii]s a directory"),
    "a file that is missing": (lambda path: (path.parent / DATA).unlink(), "No such file"),
    "an offset behind the end": (lambda path: describe(path, offset=str(10**7)), "should end at byte"),
    "an offset beyond numbers": (lambda path: describe(path, offset="9" * 5000), "lie at no number"),
    "an offset below zero": (lambda path: describe(path, offset="-4"), "the file is damaged"),
    "a length of another shape": (lambda path: describe(path, length="4"), "should be .* bytes"),
    "an offset that is a word": (lambda path: describe(path, offset="first"), "lie at no number"),
    "an unknown entry": (lambda path: describe(path, __class__="x"), "described in an unknown way"),
    "a file cut off": (shorter, "should end at byte"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNSAFE)
def test_unsafe_weights_are_refused_in_one_line(tmp_path: Path, name: str) -> None:
    spoil, message = UNSAFE[name]
    path = split(tmp_path)
    spoil(path)
    with pytest.raises(ModelError, match=message) as caught:
        open_network(str(path))
    assert str(path) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_shape_of_a_terabyte_is_refused(tmp_path: Path) -> None:
    path = split(tmp_path)
    model = onnx.load(path, load_external_data=False)
    tensor = model.graph.initializer[0]
    tensor.dims[:] = [2**20, 2**20]
    del tensor.external_data[1:]
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ModelError, match=r"and its weights are 4096\.0 GB; expected less than 2 GB"):
        open_network(str(path))


def test_network_without_a_record_of_weights_elsewhere_is_one_file(tmp_path: Path) -> None:
    path = save(squeeze(), tmp_path)
    path.write_bytes(path.read_bytes() + onnx.ModelProto(doc_string="location").SerializeToString())
    assert open_network(str(path)).info.name == "net"
