"""`ventral train`: train a small network on a folder of pictures, and write a report."""

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
from models.training.data.dataset import Dataset
from models.training.train import check_config, checkpoint_folder
from models.training.train import train as train_network
from realtime.outputs.recording.drafts.draft import MARK, Draft
from realtime.outputs.recording.paths import check_writable
from realtime.outputs.recording.recover import recover
from scripts.networks.report.evaluation import evaluate
from scripts.networks.report.page import write_report
from scripts.networks.training.epoch_bar import EpochBar
from scripts.networks.training.load_dataset import load_dataset

log = logging.getLogger(__name__)

NETWORK, LABELS, METRICS, REPORT = "network.onnx", "labels.txt", "metrics.json", "report.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOptions(TrainingConfig):
    """The training config, and how to make classes."""

    start: Annotated[str, Parameter(name="--from")] = SCRATCH
    """the network to start from: scratch (random weights), world (bundled), vgg16, vgg19, inception_v3, resnet50,
    mobilenet_v2, efficientnet_b0, or a network made by ventral train (its folder or file)"""
    classes: int = 3
    """the number of clusters when neither the folder nor a teacher has classes"""
    unlabelled: tuple[str, ...] = ()
    """subfolders whose pictures show none of the classes, such as clutter: they become the class
    "something else"; repeatable"""


def train(
    folder: str,
    *,
    output: Annotated[Path, Parameter(alias="-o")],
    force: bool = False,
    fresh: bool = False,
    options: Annotated[TrainOptions, Parameter(name="*")] = TrainOptions(),
) -> None:
    """Train a small network on a folder of pictures, or fine-tune a trained one, and write a report.

    With --teacher, the new network learns the features and the classes of a trained one (knowledge distillation); the
    pictures then need no classes.

    The output is a folder for --model. An interrupted training run resumes when the command is repeated.
    Needs TensorFlow: `uv sync --extra train`, or `pip install -e '.[train]'`.

    Examples: `ventral train pictures -o leaves --epochs 20`, `ventral train pictures -o mine --teacher googlenet.onnx`

    :param folder: a folder with a subfolder of pictures for each class, or a folder of pictures without classes: their
        classes are then those that the teacher predicts, or clusters
    :param output: the folder to write: network, labels, metrics and report
    :param force: replace an existing network
    :param fresh: start again instead of resuming an interrupted training run
    """
    start = time.monotonic()
    settings = json.loads(json.dumps({"pictures": folder, **asdict(options)}))  # as they are read back
    check_config(options)
    if not force and is_done(output, settings):
        print(f"{output} already contains this trained network; see {output / REPORT}, or use --force to train again")
        return
    check_output(output)
    dataset = load_dataset(folder, options, clusters=options.classes, unlabelled=options.unlabelled)
    try:
        result = run(dataset, options, output, settings, fresh=fresh)
    except KeyboardInterrupt:
        raise VentralError("interrupted; repeat the command to resume after the last complete epoch") from None
    print(f"{output}: {result}, {time.monotonic() - start:.0f} s; see {output / REPORT}")


def is_done(output: Path, settings: dict[str, Any]) -> bool:
    """Whether `output` has the result of these settings; OutputError when it has another network."""
    if not (output / NETWORK).exists():
        return False
    with suppress(OSError, ValueError, KeyError, TypeError):
        if json.loads((output / METRICS).read_text())["settings"] == settings:
            return True
    raise OutputError(f"{output} already has another network; choose another folder, or use --force to replace it")


def check_output(output: Path) -> None:
    """Raise OutputError unless `output` is, or can become, a folder for a network."""
    if output.exists() and not output.is_dir():
        raise OutputError(f"{output} is a file: expected a new or an empty folder")
    recover(output)
    ours = {NETWORK, LABELS, METRICS, REPORT, ".training"}
    others = [file.name for file in output.glob("*") if file.name not in ours and file.suffix != ".png"]
    foreign = [name for name in others if MARK not in name]
    if foreign:
        raise OutputError(f"{output} has other files, such as {foreign[0]}: expected a new or an empty folder")
    check_writable((output if output.exists() else output.parent) / NETWORK, force=True, suffixes=(".onnx",))


def run(dataset: Dataset, config: TrainingConfig, output: Path, settings: dict[str, Any], *, fresh: bool) -> str:
    """Train, evaluate and write the files; returns the result in one line."""
    output.mkdir(exist_ok=True)
    checkpoints = checkpoint_folder(dataset, config, output)
    try:
        with Draft(output / NETWORK) as file:
            if fresh:
                checkpoints.clear()
            elif checkpoint := checkpoints.load():
                log.info("resuming after epoch %d", len(checkpoint.history))
            with EpochBar(config.epochs) as bar:
                name = output.resolve().name
                trained = train_network(dataset, config, name=name, checkpoints=checkpoints, progress=bar)
            file.part.write_bytes(trained.model.SerializeToString())
            with evaluate(trained, config, file.part) as evaluation:
                files = write_report(evaluation)
                metrics = {"settings": settings, **evaluation.metrics}
                result = evaluation.summary
            (output / NETWORK).unlink(missing_ok=True)  # without a network, an incomplete output is not "done"
            labels = "".join(f"{name}\n" for name in trained.info.scores.labels)
            write_all(output, {**files, LABELS: labels.encode()}, metrics)
    finally:
        with suppress(OSError):
            output.rmdir()  # only if it is empty
    checkpoints.clear()
    return result


def write_all(output: Path, files: dict[str, bytes], metrics: dict[str, Any]) -> None:
    """Write all files except the network, the report last."""
    write_atomically(output / METRICS, (json.dumps(metrics, indent=2) + "\n").encode())
    for name, content in sorted(files.items(), key=lambda file: file[0] == REPORT):
        write_atomically(output / name, content)
