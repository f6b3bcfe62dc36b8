"""Training: from a dataset and a config to a stored network."""

import dataclasses
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx

from models.errors import SetupError
from models.from_keras.import_tensorflow import import_tensorflow
from models.spec import ModelInfo
from models.training.checkpoint import CheckpointFolder
from models.training.config import TrainingConfig
from models.training.data.batches import Batches, LabelledBatches
from models.training.data.dataset import Dataset, Split, split, with_something_else
from models.training.distillation import student
from models.training.distillation.batches import DistillationBatches
from models.training.distillation.lesson import Lesson, choose_layers, open_teacher
from models.training.distillation.teacher import Teacher
from models.training.finish import finish
from models.training.fit import TrainingProgress, fit
from models.training.history import Epoch
from models.training.network.learner import Learner, check_start, make_learner
from models.training.store import store

LIBRARIES = ("tensorflow", "tf2onnx", "sklearn", "matplotlib")


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained network, ready to be written, the data with all its classes, its split, and what the teacher taught."""

    model: onnx.ModelProto
    info: ModelInfo
    dataset: Dataset
    history: tuple[Epoch, ...]
    split: Split
    lesson: Lesson | None = None


def require_libraries() -> None:
    """Raise SetupError when a library for training or its report is missing."""
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if missing:
        raise SetupError(
            f"training needs {', '.join(missing)}: run `uv sync --extra train` or `pip install -e '.[train]'`"
        )


def check_config(config: TrainingConfig) -> None:
    """Raise SettingError, ModelError or SetupError early when training cannot start."""
    config.check()
    check_start(config)
    if config.teacher:
        choose_layers(open_teacher(config.teacher).info, config.teacher_layers)
    require_libraries()


def checkpoint_folder(dataset: Dataset, config: TrainingConfig, folder: Path) -> CheckpointFolder:
    """The checkpoints of this training run in `folder`."""
    settings = {**dataclasses.asdict(config), "pictures": dataset.digest}
    if config.teacher:
        network = open_teacher(config.teacher)
        settings["teacher's file"] = [network.digest, dataclasses.asdict(network.info.input)]
    return CheckpointFolder(folder / ".training", settings)


def train(
    dataset: Dataset, config: TrainingConfig, *, name: str, checkpoints: CheckpointFolder, progress: TrainingProgress
) -> Trained:
    """Train, or resume from the last checkpoint, and convert the network to a stored one called `name`.

    Raises SourceError, SettingError or ModelError for invalid input, and OutputError for a checkpoint that cannot be
    read or written.
    """
    check_config(config)
    dataset.check()
    import_tensorflow()
    lesson = make_lesson(dataset, config)
    if lesson is None:
        dataset = with_something_else(dataset)
    labels = np.zeros_like(dataset.labels) if dataset.classified_by else dataset.labels
    parts = split(labels, config.seed, config.validation)
    learner = make_learner(config, len(dataset.classes), lesson, mixed_precision=True)
    batches = make_batches(learner, dataset, parts, config, lesson)
    history = fit(learner, batches, config, checkpoints=checkpoints, progress=progress)
    finished, dataset = finish(learner, dataset, parts, config, lesson)
    model, info = store(finished, name, dataset.classes, config.size)
    return Trained(model, info, dataset, history, parts, lesson)


def make_lesson(dataset: Dataset, config: TrainingConfig) -> Lesson | None:
    """What the teacher of a config teaches; None without a teacher."""
    if not config.teacher:
        return None
    network = open_teacher(config.teacher)
    layers = choose_layers(network.info, config.teacher_layers)
    return Lesson(network, layers, own_classes=not dataset.classified_by)


def make_batches(
    learner: Learner, dataset: Dataset, parts: Split, config: TrainingConfig, lesson: Lesson | None
) -> Batches:
    """The data of the training run, with the teacher's answers where there is one."""
    base = learner.base
    if lesson is None:
        return LabelledBatches(dataset, parts, config, base.info.input)
    teacher = Teacher(lesson, student.sizes_hw(base.info, base.taps, lesson, config.size), config.size)
    return DistillationBatches(dataset, parts, config, base.info.input, teacher)
