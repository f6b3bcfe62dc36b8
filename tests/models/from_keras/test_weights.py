"""Weights from every kind of file, and one clear line for every kind of bad one."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.errors import ModelError
from models.from_keras import weights
from models.from_keras.import_tensorflow import import_tensorflow

with suppress(ImportError):  # it comes with TensorFlow; without it these tests are skipped, see tests/conftest.py
    import h5py

SHAPES: weights.ArrayShapes = {
    "first": ((3, 3, 3, 4), (4,)),
    "second": ((3, 3, 4, 8), (8,)),
    "third": ((1, 1, 8, 2), (2,)),
}
ARRAYS = weights.seeded(SHAPES, seed=7)


def npz(path: Path, layers: weights.Weights = ARRAYS) -> Path:
    kernels = {f"{name}_W": arrays[0] for name, arrays in layers.items()}
    biases = {f"{name}_b": arrays[1] for name, arrays in layers.items()}
    with path.open("wb") as file:  # np.savez would add a suffix to a bare name
        np.savez(file, allow_pickle=False, **kernels, **biases)
    return path


def h5(path: Path, layers: weights.Weights = ARRAYS) -> Path:
    """An `.h5` file as Keras 2 wrote them."""
    with h5py.File(path, "w") as file:
        for name, arrays in layers.items():
            group = file.create_group(name)
            names = [f"{name}/{kind}:0" for kind in ("kernel", "bias")]
            group.attrs["weight_names"] = [text.encode() for text in names]
            for text, array in zip(names, arrays, strict=True):
                group[text] = array
    return path


def without(*names: str) -> weights.Weights:
    return {name: arrays for name, arrays in ARRAYS.items() if name not in names}


def changed(name: str, kernel: NDArray[Any]) -> weights.Weights:
    return ARRAYS | {name: (kernel, ARRAYS[name][1])}


def assert_same(found: weights.Weights, expected: weights.Weights = ARRAYS) -> None:
    assert list(found) == list(expected)
    for name, arrays in expected.items():
        assert {array.dtype for array in found[name]} == {np.dtype(np.float32)}
        for one, other in zip(found[name], arrays, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("write", "name"), [(npz, "w.npz"), (npz, "without_suffix"), (h5, "w.h5"), (h5, "without_suffix")]
)
def test_reads_what_was_written(tmp_path: Path, write: Callable[[Path], Path], name: str) -> None:
    assert_same(weights.read(write(tmp_path / name), SHAPES))


@pytest.mark.parametrize("write", [npz, h5])
def test_reads_only_the_layers_asked_for(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    shapes = {name: SHAPES[name] for name in ("first", "second")}
    assert_same(weights.read(write(tmp_path / "w"), shapes), without("third"))


def keras_files(folder: Path) -> dict[str, Path]:
    """The same network as Keras itself stores it today, and in its older ways."""
    import_tensorflow()
    import keras
    from keras.src.legacy.saving import legacy_h5_format

    tensor = start = keras.Input((None, None, 3))
    for name, (kernel, _) in SHAPES.items():
        tensor = keras.layers.Conv2D(kernel[-1], kernel[:2], name=name)(tensor)
        tensor = keras.layers.ReLU()(tensor)
    model = keras.Model(start, tensor)
    for name, arrays in ARRAYS.items():
        model.get_layer(name).set_weights(arrays)
    model.save_weights(folder / "keras3.weights.h5")
    model.save(folder / "whole.h5")
    model.save(folder / "whole.keras")
    with h5py.File(folder / "legacy.h5", "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, model)
    return {path.name: path for path in folder.iterdir()}


def test_reads_every_h5_layout_of_keras_and_refuses_its_zip(tmp_path: Path) -> None:
    files = keras_files(tmp_path)
    for name in ("keras3.weights.h5", "legacy.h5", "whole.h5"):
        assert_same(weights.read(files[name], SHAPES))
    with pytest.raises(ModelError, match="whole Keras model"):
        weights.read(files["whole.keras"], SHAPES)


def test_half_precision_becomes_single(tmp_path: Path) -> None:
    half = {name: tuple(array.astype(np.float16) for array in arrays) for name, arrays in ARRAYS.items()}
    single = {name: tuple(array.astype(np.float32) for array in arrays) for name, arrays in half.items()}
    assert_same(weights.read(npz(tmp_path / "w.npz", half), SHAPES), single)  # type: ignore[arg-type]


BAD_LAYERS = {
    "first layer missing": (without("first"), ["no layer 'first'", ".npz", "layer names of Keras"]),
    "later layer missing": (without("third"), ["no layer 'third'", "--until second"]),
    "all after a gap missing": (without("second"), ["no layer 'second'", "--until first"]),
    "wrong shape": (
        changed("second", np.zeros((5, 5, 4, 8), np.float32)),
        ["'second'", "(5, 5, 4, 8) and (8,)", "expected (3, 3, 4, 8) and (8,)"],
    ),
    "transposed": (
        changed("second", ARRAYS["second"][0].transpose(3, 2, 0, 1)),
        ["'second'", "(8, 4, 3, 3)", "expected (3, 3, 4, 8)"],
    ),
    "not a number": (
        changed("third", np.full((1, 1, 8, 2), np.nan, np.float32)),
        ["'third'", "NaN", "finite"],
    ),
    "whole numbers": (changed("first", np.ones((3, 3, 3, 4), np.int8)), ["'first'", "int8", "float32"]),
}


@pytest.mark.parametrize("write", [npz, h5])
@pytest.mark.parametrize(("layers", "words"), BAD_LAYERS.values(), ids=BAD_LAYERS)
def test_a_layer_that_does_not_fit_is_named(
    tmp_path: Path, write: Callable[..., Path], layers: weights.Weights, words: list[str]
) -> None:
    assert_one_line(write(tmp_path / f"bad.{write.__name__}", layers), [f"bad.{write.__name__}", *words])


def assert_one_line(path: Path, words: list[str]) -> None:
    with pytest.raises(ModelError) as caught:
        weights.read(path, SHAPES)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def without_bias(path: Path) -> None:
    np.savez(path, first_W=ARRAYS["first"][0])


def cut(write: Callable[[Path], Path]) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        whole = write(path).read_bytes()
        path.write_bytes(whole[: len(whole) // 2])

    return spoil


def flipped(path: Path) -> None:
    """An .npz in which one byte of the first kernel changed, which only the checksum can tell."""
    data = bytearray(npz(path).read_bytes())
    data[300] ^= 0xFF
    path.write_bytes(data)


class Bomb:
    """Unpickling it makes a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.folder),)


def pickled(path: Path) -> None:
    bomb = np.array([Bomb(path.parent / "exploded")], dtype=object)
    with path.open("wb") as file:
        np.savez(file, allow_pickle=True, first_W=bomb, first_b=bomb)


def foreign_h5(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["layers"] = np.zeros(3)


def linked_h5(path: Path) -> None:
    h5(path.with_name("other.h5"))
    with h5py.File(path, "w") as file:
        for name in SHAPES:
            file[name] = h5py.ExternalLink("other.h5", f"/{name}")


def linked_arrays_h5(path: Path) -> None:
    h5(path.with_name("other.h5"))
    with h5py.File(path, "w") as file:
        for name in SHAPES:
            group = file.create_group(name)
            group.attrs["weight_names"] = ["kernel", "bias"]
            for kind in ("kernel", "bias"):
                group[kind] = h5py.ExternalLink("other.h5", f"/{name}/{name}/{kind}:0")


def external_h5(path: Path) -> None:
    """A dataset whose bytes lie in another file, such as one the user may read and should not show."""
    path.with_name("secret").write_bytes(bytes(4 * 3 * 3 * 3 * 4))
    with h5py.File(path, "w") as file:
        group = file.create_group("first")
        group.attrs["weight_names"] = ["kernel", "bias"]
        group.create_dataset("kernel", (3, 3, 3, 4), "f4", external=str(path.with_name("secret")))
        group["bias"] = ARRAYS["first"][1]


def other_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "nothing here")


BAD_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: None, "expected imagenet, none, a Keras .weights.h5"),
    "a folder": (Path.mkdir, "cannot read weights"),
    "empty": (lambda path: path.write_bytes(b""), "is not a weights file"),
    "text": (lambda path: path.write_text("weights for everyone\n"), "is not a weights file"),
    "half an h5": (cut(h5), "damaged"),
    "half an npz": (cut(npz), "damaged"),
    "a flipped byte": (flipped, "CRC"),
    "pickled objects": (pickled, "Object arrays cannot be loaded"),
    "another zip": (other_zip, "no layer 'first'"),
    "another h5": (foreign_h5, "damaged or has no weights"),
    "links to another h5": (linked_h5, "other files"),
    "arrays in another h5": (linked_arrays_h5, "other files"),
    "bytes in another file": (external_h5, "other files"),
}


@pytest.mark.parametrize(("spoil", "words"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_named_in_one_line(tmp_path: Path, spoil: Callable[[Path], object], words: str) -> None:
    path = tmp_path / "bad"
    spoil(path)
    assert_one_line(path, ["bad", words])
    assert not (tmp_path / "exploded").exists()


def test_a_missing_bias_shows_in_the_shapes(tmp_path: Path) -> None:
    without_bias(tmp_path / "w.npz")
    assert_one_line(tmp_path / "w.npz", ["'first'", "has shape (3, 3, 3, 4), expected (3, 3, 3, 4) and (4,)"])


def test_seeded_weights_are_he_normal_and_their_biases_are_not_zero() -> None:
    kernel, bias = weights.seeded({"wide": ((3, 3, 64, 256), (256,))})["wide"]
    assert kernel.std() == pytest.approx(np.sqrt(2 / (3 * 3 * 64)), rel=0.02)
    assert np.all(bias != 0)
    assert np.abs(bias).max() < 1


def test_the_seed_decides_and_a_shorter_network_has_the_same_first_layers() -> None:
    assert_same(weights.seeded(SHAPES, seed=7))
    assert_same(weights.seeded({"first": SHAPES["first"]}, seed=7), without("second", "third"))
    assert not np.array_equal(weights.seeded(SHAPES, seed=8)["first"][0], ARRAYS["first"][0])
