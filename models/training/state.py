"""A training that can be killed at any moment: its state on the disk is always that of a whole epoch.

The arrays of an epoch are written under a name of their own; then `state.json`, which names them, is replaced at
one stroke; then what nobody names any more is deleted.
"""

from __future__ import annotations

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
from models.training.history import Epoch, best

Arrays: TypeAlias = tuple[NDArray[Any], ...]


@dataclass(frozen=True, slots=True)
class TrainingState:
    """The history so far, all variables after its last epoch, and those of the network after its best one."""

    history: tuple[Epoch, ...]
    variables: Arrays
    best: Arrays


class StateFolder:
    """Where a training keeps its state; `facts` decide whether what lies there belongs to this training."""

    def __init__(self, folder: Path, facts: dict[str, Any]) -> None:
        self.folder = folder
        self._facts = json.loads(json.dumps(facts))

    @property
    def _index(self) -> Path:
        return self.folder / "state.json"

    def load(self) -> TrainingState | None:
        """The state of this training, or None when it has not finished an epoch.

        Raises OutputError when another training's state lies here, or when it is damaged.
        """
        if not self._index.exists():
            return None
        try:
            record = json.loads(self._index.read_text())
            self._compare(record["facts"])
            history = tuple(Epoch(**epoch) for epoch in record["history"])
            return TrainingState(history, _read(self._now(history)), _read(self._best(history)))
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise OutputError(
                f"the training begun in {self.folder.parent} is damaged; use --fresh to begin anew"
            ) from error

    def save(self, state: TrainingState) -> None:
        """Keep the state after an epoch; OutputError when the disk does not take it."""
        now, top = self._now(state.history), self._best(state.history)
        _write(now, state.variables)
        if best(state.history) == len(state.history) - 1 or not top.exists():  # what lies there may be another's
            _write(top, state.best)
        record = {"facts": self._facts, "history": [dataclasses.asdict(epoch) for epoch in state.history]}
        write_atomically(self._index, json.dumps(record).encode())
        for file in self.folder.glob("*.npz"):
            if file not in (now, top):
                file.unlink()

    def clear(self) -> None:
        """Forget the training."""
        self._index.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _now(self, history: Sequence[Epoch]) -> Path:
        return self.folder / f"epoch-{len(history)}.npz"

    def _best(self, history: Sequence[Epoch]) -> Path:
        return self.folder / f"best-{best(history) + 1}.npz"

    def _compare(self, begun: dict[str, Any]) -> None:
        for name in sorted(begun.keys() | self._facts.keys()):
            if (was := begun.get(name)) != (now := self._facts.get(name)):
                what = "other pictures" if name == "pictures" else f"{name} {was}, not {now}"
                raise OutputError(
                    f"a training with {what} was begun in {self.folder.parent};"
                    " use --fresh to begin anew, or choose another folder"
                )


def _write(path: Path, arrays: Arrays) -> None:
    try:
        with whole_file(path) as part, part.open("wb") as file:
            np.savez(file, *arrays)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}; make room, then run it again") from error


def _read(path: Path) -> Arrays:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return tuple(arrays[name] for name in arrays.files)
