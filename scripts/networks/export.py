"""`ventral export`: convert a network of keras.applications to ONNX."""

import logging
import sys
import time
from pathlib import Path
from typing import Annotated

import onnx
from cyclopts import Parameter

import models
from models import zoo
from models.from_keras import export as exporting
from models.labels import numbered_labels
from models.spec import ModelInfo
from realtime.outputs.recording.paths import check_writable


def export(
    name: str,
    *,
    weights: str = "imagenet",
    until: str | None = None,
    labels: Path | None = None,
    output: Annotated[Path | None, Parameter(alias="-o")] = None,
    force: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Convert a Keras network to an ONNX file, and verify that both give the same results.

    The classifier is written to a second file, NAME.classifier.onnx.
    Needs TensorFlow: `uv sync --extra keras`, or `pip install -e '.[keras]'`.

    Example: `ventral export vgg16 --weights vgg16.weights.h5 --until block4_conv3`

    :param name: vgg16, vgg19, inception_v3, resnet50, mobilenet_v2 or efficientnet_b0
    :param weights: imagenet (downloaded once by Keras), a file (.weights.h5, .h5 or .npz), or none (random)
    :param until: the last layer to keep; deeper ones and the classifier are left out
    :param labels: a file with the class names, one per line or JSON (default: those of ImageNet with --weights
        imagenet, else numbers)
    :param output: the file to write (default: NAME.onnx in the cache, where --model NAME finds it)
    :param force: replace an existing file
    """
    start = time.monotonic()
    entry = zoo.entry(name)
    path = output or zoo.stored_path(name)
    if output is None:
        path.parent.mkdir(parents=True, exist_ok=True)
    check_writable(path, force=force, suffixes=(".onnx",))
    _show_progress()
    info = exporting.export(entry, weights=weights, until=until, out=path, force=force, labels=labels)
    files = [path, path.with_name(info.classifier.file)] if info.classifier else [path]
    print(
        f"{' and '.join(str(file) for file in files)}: {sum(file.stat().st_size for file in files) / 1e6:.1f} MB, "
        f"{len(info.layers)} layers, {_classes(info)}, "
        f"worst relative error {_worst_error(path)}, {time.monotonic() - start:.0f} s"
    )
    if info.classifier and info.classifier.labels == numbered_labels(len(info.classifier.labels)):
        print("the classes have no names; to name them, export again with --labels FILE --force")


def _classes(info: ModelInfo) -> str:
    return f"{len(info.classifier.labels)} classes" if info.classifier else "no classifier"


def _show_progress() -> None:
    """Print each stage of the export to stderr, if that is a terminal."""
    stages = logging.getLogger(models.__name__)
    stages.propagate = False
    if sys.stderr.isatty():
        stages.setLevel(logging.INFO)
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(message)s ..."))
        stages.addHandler(handler)


def _worst_error(path: Path) -> str:
    metadata = {entry.key: entry.value for entry in onnx.load(path, load_external_data=False).metadata_props}
    return str(metadata[exporting.ERROR_KEY])
