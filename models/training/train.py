"""Training: from a dataset and a config to a stored network."""

import dataclasses
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import onnx

from models.errors import SetupError
from models.from_keras.import_tensorflow import import_tensorflow
from models.spec import ModelInfo
from models.training.checkpoint import CheckpointFolder
from models.training.config import TrainingConfig
from models.training.dataset import Dataset, Split, split
from models.training.fit import TrainingProgress, fit
from models.training.history import Epoch
from models.training.network import check_start, make_learner
from models.training.store import store

LIBRARIES = ("tensorflow", "tf2onnx", "sklearn", "matplotlib")


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained network, ready to be written, with its history and its data split."""

    model: onnx.ModelProto
    info: ModelInfo
    history: tuple[Epoch, ...]
    split: Split


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
    require_libraries()


def checkpoint_folder(dataset: Dataset, config: TrainingConfig, folder: Path) -> CheckpointFolder:
    """The checkpoints of this training run in `folder`."""
    return CheckpointFolder(folder / ".training", {**dataclasses.asdict(config), "pictures": dataset.digest})


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
    learner = make_learner(config, len(dataset.classes))
    parts = split(dataset.labels, config.seed)
    history = fit(learner, dataset, parts, config, checkpoints=checkpoints, progress=progress)
    model, info = store(learner, name, dataset.classes, config.size)
    return Trained(model, info, history, parts)
