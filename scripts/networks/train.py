"""`ventral train`: a small network learns from a folder of pictures, and a report says how well."""

from __future__ import annotations

import json
import logging
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from models.errors import OutputError, VentralError
from models.files import write_atomically
from models.training.config import SCRATCH, TrainingConfig
from models.training.network import check_start
from models.training.pictures import Dataset
from models.training.state import StateFolder
from models.training.train import require, state_folder
from models.training.train import train as learn
from realtime.outputs.recording.paths import MARK, PartialFile, claim
from scripts.networks.report.findings import examine
from scripts.networks.report.page import compose
from scripts.networks.training.epoch_bar import EpochBar
from scripts.networks.training.load_pictures import gather

log = logging.getLogger(__name__)

NETWORK, LABELS, METRICS, REPORT = "network.onnx", "labels.txt", "metrics.json", "report.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOptions:
    """What is learned from, and how."""

    start: Annotated[str, Parameter(name="--from")] = SCRATCH
    """scratch, textures (the network that is bundled), vgg16 or another network of Keras, or one that ventral train
    made: its folder or file"""
    weights: str = "imagenet"
    """for a network of Keras: imagenet (downloaded once), a file (.weights.h5, .h5 or .npz), or none: random"""
    classes: int = 3
    """for a folder without classes: how many groups stand in for them"""
    epochs: int = 30
    """how often the pictures are gone through; it ends earlier when it gets no better"""
    size: int = 96
    """side, in pixels, of what the network learns from"""
    batch: int = 32
    """pictures per step"""
    seed: int = 0
    """decides all that is drawn by chance"""

    @property
    def recipe(self) -> TrainingConfig:
        """What the training is told."""
        facts = asdict(self)
        del facts["classes"]
        return TrainingConfig(**facts)


def train(
    folder: str,
    *,
    output: Annotated[Path, Parameter(alias="-o")],
    force: bool = False,
    fresh: bool = False,
    course: Annotated[TrainOptions, Parameter(name="*")] = TrainOptions(),
) -> None:
    """Train a small network on a folder of pictures, and write a report.

    The output is a folder that --model takes. A training that was stopped goes on with the same command. Needs
    TensorFlow: `uv sync --extra train`, or `pip install -e '.[train]'`.

    Example: `ventral train pictures -o leaves --epochs 20`

    :param folder: a folder with a subfolder of pictures for each class, a folder of pictures, or textures: drawn ones
    :param output: the folder to write: the network, its labels, its report
    :param force: replace a network that was trained there before
    :param fresh: forget a training that was stopped, and begin anew
    """
    start, settings = time.monotonic(), {"pictures": folder, **asdict(course)}
    course.recipe.check()
    check_start(course.recipe)
    require()
    if not force and is_done(output, settings):
        print(f"{output} is done; see {output / REPORT}, or use --force to train it anew")
        return
    check_place(output)
    pictures = gather(folder, course.size, groups=course.classes, start=course.start, seed=course.seed)
    try:
        said = run(pictures, course.recipe, output, settings, fresh=fresh)
    except KeyboardInterrupt:
        raise VentralError("stopped; run the same command again to go on after the last whole epoch") from None
    print(f"{output}: {said}, {time.monotonic() - start:.0f} s; see {output / REPORT}")


def is_done(output: Path, settings: dict[str, Any]) -> bool:
    """Whether this very training is whole in `output`; OutputError when another is."""
    if not (output / NETWORK).exists():
        return False
    with suppress(OSError, ValueError, KeyError, TypeError):
        if json.loads((output / METRICS).read_text())["settings"] == settings:
            return True
    raise OutputError(f"{output} holds another network already; choose another folder, or use --force to replace it")


def check_place(output: Path) -> None:
    """Raise OutputError unless `output` is, or can become, a folder for a network."""
    if output.exists() and not output.is_dir():
        raise OutputError(f"{output} is a file; expected a folder, new or empty")
    ours = {NETWORK, LABELS, METRICS, REPORT, ".training"}
    others = [file.name for file in output.glob("*") if file.name not in ours and file.suffix != ".png"]
    strange = [name for name in others if MARK not in name]
    if strange:
        raise OutputError(f"{output} holds other things, such as {strange[0]}; expected a new or an empty folder")
    claim((output if output.exists() else output.parent) / NETWORK, force=True, suffixes=(".onnx",))


def run(pictures: Dataset, recipe: TrainingConfig, output: Path, settings: dict[str, Any], *, fresh: bool) -> str:
    """Train, examine and write; what came out, in words."""
    output.mkdir(exist_ok=True)
    kept = state_folder(pictures, recipe, output)
    try:
        with PartialFile(output / NETWORK) as draft:
            begin(kept, fresh=fresh)
            with EpochBar(recipe.epochs) as bar:
                trained = learn(pictures, recipe, name=output.resolve().name, kept=kept, watch=bar)
            draft.part.write_bytes(trained.model.SerializeToString())
            with examine(trained, pictures, recipe, draft.part) as findings:
                page = compose(findings)
                metrics = {"settings": settings, **findings.facts}
                said = findings.summary
            (output / NETWORK).unlink(missing_ok=True)  # what is not whole must not look so
            write_all(output, {**page, LABELS: "".join(f"{name}\n" for name in pictures.classes).encode()}, metrics)
    finally:
        with suppress(OSError):
            output.rmdir()  # where nothing was begun
    kept.clear()
    return said


def begin(kept: StateFolder, *, fresh: bool) -> None:
    """Say where a training goes on that was stopped, or forget it."""
    if fresh:
        kept.clear()
    elif state := kept.load():
        log.info("going on after epoch %d", len(state.history))


def write_all(output: Path, files: dict[str, bytes], metrics: dict[str, Any]) -> None:
    """Write all but the network, the report last."""
    write_atomically(output / METRICS, (json.dumps(metrics, indent=2) + "\n").encode())
    for name, content in sorted(files.items(), key=lambda file: file[0] == REPORT):
        write_atomically(output / name, content)
