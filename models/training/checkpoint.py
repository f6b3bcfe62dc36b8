"""Checkpoints: the files of a training run that is killed at any moment are always those of a complete epoch.

The arrays of an epoch are written to new files; then `state.json`, which refers to them, is replaced atomically; then
unused files are deleted.
"""

import dataclasses
import json
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.errors import OutputError
from models.files import whole_file, write_atomically
from models.training.history import Epoch, best_epoch

OTHER = {"pictures": "other pictures", "teacher's file": "another version of the teacher"}
"""What is said of settings that are digests."""

Arrays: TypeAlias = tuple[NDArray[Any], ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The history so far, all variables after the last epoch, and the network weights after the best epoch."""

    history: tuple[Epoch, ...]
    variables: Arrays
    best: Arrays


class CheckpointFolder:
    """The checkpoints of a training run in a folder; `settings` identify the run."""

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self.folder = folder
        self._settings = json.loads(json.dumps(settings))

    @property
    def _index(self) -> Path:
        return self.folder / "state.json"

    def load(self) -> Checkpoint | None:
        """The last checkpoint, or None before the end of the first epoch.

        Raises OutputError when it belongs to another training run or is damaged.
        """
        if not self._index.exists():
            return None
        try:
            record = json.loads(self._index.read_text())
            self._compare(record["settings"])
            history = tuple(Epoch(**epoch) for epoch in record["history"])
            return Checkpoint(history, _read(self._latest(history)), _read(self._best(history)))
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise OutputError(
                f"the checkpoint in {self.folder.parent} is damaged; use --fresh to start again"
            ) from error

    def save(self, checkpoint: Checkpoint) -> None:
        """Save a checkpoint; OutputError when it cannot be written."""
        history = checkpoint.history
        latest, best = self._latest(history), self._best(history)
        _write(latest, checkpoint.variables)
        if best_epoch(history) == len(history) - 1 or not best.exists():
            _write(best, checkpoint.best)
        record = {"settings": self._settings, "history": [dataclasses.asdict(epoch) for epoch in history]}
        write_atomically(self._index, json.dumps(record).encode())
        for file in self.folder.glob("*.npz"):
            if file not in (latest, best):
                file.unlink()

    def clear(self) -> None:
        """Delete the checkpoints."""
        self._index.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _latest(self, history: Sequence[Epoch]) -> Path:
        return self.folder / f"epoch-{len(history)}.npz"

    def _best(self, history: Sequence[Epoch]) -> Path:
        return self.folder / f"best-{best_epoch(history) + 1}.npz"

    def _compare(self, saved: dict[str, Any]) -> None:
        for name in sorted(saved.keys() | self._settings.keys()):
            if (was := saved.get(name)) != (now := self._settings.get(name)):
                what = OTHER.get(name, f"{name} = {was}, not {now}")
                raise OutputError(
                    f"{self.folder.parent} has an unfinished training run with {what};"
                    " use --fresh to start again, or choose another folder"
                )


def _write(path: Path, arrays: Arrays) -> None:
    with whole_file(path) as part, part.open("wb") as file:
        np.savez(file, *arrays)


def _read(path: Path) -> Arrays:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return tuple(arrays[name] for name in arrays.files)
