"""Read trained weights from a file, as arrays only: code in a file is never run.

Supported are Keras `.weights.h5` files, older Keras `.h5` files (weights or a whole model, of which only the
weights are read) and `.npz` files that hold `<layer>_W` and `<layer>_b`, and of batch norms `<layer>_gamma`,
`_beta`, `_mean` and `_var`.
"""

from __future__ import annotations

import itertools
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError, one_line

if TYPE_CHECKING:
    import h5py

ArrayShape: TypeAlias = tuple[int, ...]
ArrayShapes: TypeAlias = Mapping[str, tuple[ArrayShape, ...]]
"""The layers that have weights, in forward order, with the shapes of their arrays."""

Weights: TypeAlias = dict[str, tuple[NDArray[np.float32], ...]]
"""The arrays of each layer in Keras's order: of a convolution the kernel (kh, kw, in, out) and the bias, of a batch
norm gamma, beta, mean and variance, of which the first two may be missing. Single numbers are left out."""


class StoredArray(Protocol):
    """An array in a file; a dataset of h5py is read when it is turned into a numpy array."""

    @property
    def shape(self) -> ArrayShape:
        """Its size along each axis."""

    def __array__(self) -> NDArray[Any]: ...


Stored: TypeAlias = Mapping[str, Sequence[StoredArray]]
"""The content of a file, by layer names."""

Opener: TypeAlias = Callable[[Path], AbstractContextManager[Stored]]

ARRAYS = ("W", "b", "gamma", "beta", "mean", "var")
"""The endings of an `.npz` file's names, in Keras's order."""

AUTOMATIC = re.compile(r"(conv2d|depthwise_conv2d|batch_normalization|normalization)(?:_(\d+))?")
"""Automatic names of Keras layers; the number counts the layers of that kind in the process."""

TOP = "predictions"
"""The last layer of a classifier of keras.applications."""

KINDS = "a Keras .weights.h5 or .h5 file, or an .npz with <layer>_W and <layer>_b"


def read(path: Path, shapes: ArrayShapes) -> Weights:
    """Read the layers named in `shapes` from the file at `path`; other layers in it are ignored.

    Raises ModelError for a file that is missing, damaged or of another kind, and for a layer that is missing,
    has another shape, or holds anything but finite numbers.
    """
    with _opened(path) as stored:
        return _select(path, stored, shapes)


def count_classes(path: Path) -> int | None:
    """The number of classes of the classifier in the file at `path`, None without a classifier.

    Raises ModelError for a file that is missing, damaged or of another kind.
    """
    with _opened(path) as stored:
        return stored[TOP][-1].shape[-1] if stored.get(TOP) else None


@contextmanager
def _opened(path: Path) -> Iterator[Stored]:
    opener = choose_opener(path)
    try:
        with opener(path) as stored:
            names = _renumbered(stored)
            yield {names.get(layer, layer): arrays for layer, arrays in stored.items()}
    except ModelError:
        raise
    except Exception as error:  # h5py, zipfile and numpy raise almost anything on a damaged file
        raise ModelError(f"{path} is damaged or has no weights ({one_line(error)}); expected {KINDS}") from error


def _renumbered(names: Iterable[str]) -> dict[str, str]:
    """Automatic names as in the first network of a process: conv2d_95, conv2d_96 -> conv2d, conv2d_1."""
    found = [match for match in map(AUTOMATIC.fullmatch, names) if match]
    found.sort(key=lambda match: (match[1], int(match[2] or 0)))
    return {
        match[0]: f"{stem}_{place}" if place else stem
        for stem, group in itertools.groupby(found, key=lambda match: match[1])
        for place, match in enumerate(group)
    }


def choose_opener(path: Path) -> Opener:
    """Choose the opener of the file at `path` by its first bytes; ModelError for an unknown kind."""
    try:
        if path.exists() and not path.is_file():
            raise OSError(None, "it is not a file")
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise ModelError(
            f"cannot read weights from {path}: {error.strerror}; expected imagenet, none, {KINDS}"
        ) from error
    if start == b"\x89HDF\r\n\x1a\n":
        return _open_h5
    if start.startswith(b"PK\x03\x04"):
        return _open_npz
    raise ModelError(f"{path} is not a weights file; expected {KINDS}")


def seeded(shapes: ArrayShapes, seed: int = 0) -> Weights:
    """Draw random weights.

    Kernels are He-normal (He et al. 2015), biases small and not zero; batch norms keep the magnitude of activations.
    """
    random = np.random.default_rng(seed)
    return {layer: tuple(_drawn(random, expected)) for layer, expected in shapes.items()}


def _drawn(random: np.random.Generator, shapes: Sequence[ArrayShape]) -> Iterator[NDArray[np.float32]]:
    """The arrays of one layer: a kernel and a bias, or the vectors of a norm, whose last is the variance."""
    norm = all(len(shape) == 1 for shape in shapes)
    for place, shape in enumerate(shapes):
        positive = norm and (place == len(shapes) - 1 or (place == 0 and len(shapes) == 4))
        if positive:
            yield random.uniform(0.5, 1.5, shape).astype(np.float32)
        else:
            yield random.normal(0, _deviation(shape), shape).astype(np.float32)


def _deviation(shape: ArrayShape) -> float:
    """He's standard deviation for a kernel; one with a single output per channel is depthwise."""
    if len(shape) == 1:
        return 0.1
    fan_in = np.prod(shape[:2] if shape[-1] == 1 else shape[:-1])
    return float(np.sqrt(2 / fan_in))


def _select(path: Path, stored: Stored, shapes: ArrayShapes) -> Weights:
    chosen: Weights = {}
    for layer, expected in shapes.items():
        if not stored.get(layer):
            raise ModelError(f"{path} has no layer '{layer}'{_advice(list(chosen))}")
        arrays = [array for array in stored[layer] if array.shape]
        found = [tuple(array.shape) for array in arrays]
        if found != list(expected):
            raise ModelError(f"layer '{layer}' in {path} has shape {_text(found)}, expected {_text(expected)}")
        chosen[layer] = tuple(_numbers(path, layer, array) for array in arrays)
    return chosen


def _advice(present: list[str]) -> str:
    if not present:
        return f"; expected {KINDS}, with the layer names of Keras"
    return f"; its last layer is {present[-1]} (use: --until {present[-1]})"


def _text(shapes: Sequence[ArrayShape]) -> str:
    return " and ".join(str(shape) for shape in shapes)


def _numbers(path: Path, layer: str, array: StoredArray) -> NDArray[np.float32]:
    values = np.asarray(array)
    if values.dtype.kind != "f":
        raise ModelError(f"layer '{layer}' in {path} has elements of type {values.dtype}, expected float32")
    if not np.isfinite(values).all():
        raise ModelError(f"layer '{layer}' in {path} has NaN or infinite values, expected finite numbers")
    return values.astype(np.float32)


@contextmanager
def _open_npz(path: Path) -> Iterator[Stored]:
    with zipfile.ZipFile(path) as archive:
        if "config.json" in archive.namelist():
            raise ModelError(
                f"{path} is a whole Keras model, which may run code; export its weights (model.save_weights)"
            )
    with np.load(path, allow_pickle=False) as arrays:
        layers = dict.fromkeys(name.rpartition("_")[0] for name in arrays.files if name.rpartition("_")[2] in ARRAYS)
        yield {layer: _npz_arrays(arrays, layer) for layer in layers}


def _npz_arrays(arrays: Mapping[str, NDArray[Any]], layer: str) -> list[NDArray[Any]]:
    return [arrays[name] for name in (f"{layer}_{ending}" for ending in ARRAYS) if name in arrays]


@contextmanager
def _open_h5(path: Path) -> Iterator[Stored]:
    import h5py

    with h5py.File(path, "r") as file:
        root = file.get("model_weights", file)
        layers = _keras3_layers(file["layers"]) if "layers" in file else _legacy_layers(root)
        for dataset in itertools.chain(*layers.values()):
            if dataset.file.filename != file.filename or dataset.external or dataset.is_virtual:
                raise ModelError(f"{path} keeps weights in other files; expected one self-contained file")
        yield layers


def _keras3_layers(layers: h5py.Group) -> dict[str, list[h5py.Dataset]]:
    """List the layers of a `.weights.h5` file: numbered arrays in `<class>/vars`, whose attribute is the name."""
    groups = [layer["vars"] for layer in layers.values() if "vars" in layer]
    return {
        _name(group.attrs["name"]): [group[str(index)] for index in range(len(group))]
        for group in groups
        if "name" in group.attrs
    }


def _legacy_layers(layers: h5py.Group) -> dict[str, list[h5py.Dataset]]:
    """List the layers of an older `.h5` file: one group each, whose `weight_names` orders its arrays."""
    return {
        layer: [group[_name(name)] for name in group.attrs["weight_names"]]
        for layer, group in layers.items()
        if "weight_names" in group.attrs
    }


def _name(stored: str | bytes) -> str:
    return stored.decode() if isinstance(stored, bytes) else str(stored)
