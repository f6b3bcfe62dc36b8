"""From pictures and a recipe to a stored network."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import onnx

from models.errors import SetupError
from models.from_keras.frameworks import import_keras
from models.spec import ModelInfo
from models.training.config import TrainingConfig
from models.training.fit import Watch, fit
from models.training.history import Epoch
from models.training.network import check_start, make_learner
from models.training.pictures import Dataset, Split, split
from models.training.state import StateFolder
from models.training.store import store

NEEDED = ("tensorflow", "tf2onnx", "sklearn", "matplotlib")


@dataclass(frozen=True, slots=True)
class Trained:
    """A network that has learned, ready to be written, and how it went."""

    model: onnx.ModelProto
    info: ModelInfo
    history: tuple[Epoch, ...]
    parts: Split


def require() -> None:
    """Raise SetupError when a library that training or its report needs is not installed."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise SetupError(
            f"training needs {', '.join(missing)}: run `uv sync --extra train` or `pip install -e '.[train]'`"
        )


def state_folder(pictures: Dataset, recipe: TrainingConfig, folder: Path) -> StateFolder:
    """Where in `folder` this training keeps its state."""
    return StateFolder(folder / ".training", {**dataclasses.asdict(recipe), "pictures": pictures.digest})


def train(pictures: Dataset, recipe: TrainingConfig, *, name: str, kept: StateFolder, watch: Watch) -> Trained:
    """Train the network of `recipe`, or go on where `kept` stands, and turn it into a stored one called `name`.

    Raises SourceError, SettingError or ModelError for what cannot be trained, OutputError for a state that cannot be
    read or written.
    """
    recipe.check()
    pictures.check()
    require()
    check_start(recipe)
    import_keras()
    learner = make_learner(recipe, len(pictures.classes))
    parts = split(pictures.labels, recipe.seed)
    history = fit(learner, pictures, parts, recipe, kept=kept, watch=watch)
    model, info = store(learner, name, pictures.classes, recipe.size)
    return Trained(model, info, history, parts)
