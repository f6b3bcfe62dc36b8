"""`ventral export`: a network of keras.applications becomes the ONNX file that the show runs."""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path
from typing import Annotated

import onnx
from cyclopts import Parameter
from rich.console import Console

from models import export as exporting
from models import zoo
from realtime.recording.output import claim


def export(
    name: str,
    *,
    weights: str = "imagenet",
    until: str | None = None,
    output: Annotated[Path | None, Parameter(alias="-o")] = None,
    force: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Convert a network from Keras into an ONNX file, and check that both compute the same.

    Needs TensorFlow: `uv sync --extra export`, or `pip install 'ventral[export]'`.

    Example: `ventral export vgg16 --weights vgg16.weights.h5 --until block4_conv3`

    :param name: the network, such as vgg16
    :param weights: imagenet (downloaded once by Keras), a file (.weights.h5, .h5 or .npz), or none: random
    :param until: the last layer to keep; deeper ones are left out of the file
    :param output: the file to write; without it, the place where the show looks for the network
    :param force: replace a file that is already there
    """
    start = time.monotonic()
    entry = zoo.entry(name)
    path = output or zoo.stored_path(name)
    if output is None:
        path.parent.mkdir(parents=True, exist_ok=True)
    claim(path, force=force, suffixes=(".onnx",))
    _show_progress()
    info = exporting.export(entry, weights=weights, until=until, out=path, force=force)
    print(
        f"{path}: {path.stat().st_size / 1e6:.1f} MB, {len(info.layers)} layers, "
        f"worst relative error {_worst_error(path)}, {time.monotonic() - start:.0f} s"
    )


def _show_progress() -> None:
    """Write each stage of the export as a line on stderr, when that is a terminal."""
    stages = logging.getLogger(exporting.__name__)
    stages.propagate = False
    if sys.stderr.isatty():
        stages.setLevel(logging.INFO)
        stages.addHandler(_Stages())


class _Stages(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        Console(stderr=True).print(f"{record.getMessage()} ...", style="dim", markup=False, highlight=False)


def _worst_error(path: Path) -> str:
    facts: dict[str, str] = {
        entry.key: entry.value for entry in onnx.load(path, load_external_data=False).metadata_props
    }
    return facts[exporting.ERROR_KEY]
