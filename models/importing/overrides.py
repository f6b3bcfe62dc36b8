"""Options that override what a network's file says, saved for the next time.

They are saved beside the network, in `<file>.ventral.json`, or in the cache if that folder is read-only.
"""

from __future__ import annotations

import dataclasses
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from models.errors import ModelError, OutputError, SettingError
from models.files import write_atomically
from models.labels import read_labels
from models.spec import Colours, InputInfo, ModelInfo
from models.zoo import cache_folder

InputLayout: TypeAlias = Literal["NCHW", "NHWC"]
"""The order of the axes of a network's input: batch, channels, height and width."""

SUFFIX = ".ventral.json"
WRITE_BITS = 0o222
"""Of a folder's mode: without any of them even an administrator should not write there."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Overrides:
    """The input of a network and the names of its classes; None leaves what is known.

    tensor = (pixel - mean) * scale, pixels 0..255, with one number for all colours or one for each, in their order.
    """

    labels: Path | None = None
    colours: Colours | None = None
    mean: tuple[float, ...] | None = None
    scale: tuple[float, ...] | None = None
    layout: InputLayout | None = None

    def over(self, older: Overrides) -> Overrides:
        """These overrides, and `older` ones where these are None."""
        return dataclasses.replace(older, **_given(self))

    def apply(self, info: ModelInfo) -> ModelInfo:
        """`info` with these overrides; SettingError when they do not fit the network."""
        info = dataclasses.replace(info, input=self._input(info))
        if self.labels is None:
            return info
        if info.classifier is None:
            raise ModelError(f"{info.name} has no classifier; choose a network that has one, or leave out --labels")
        labels = read_labels(self.labels, len(info.classifier.labels))
        return dataclasses.replace(info, classifier=dataclasses.replace(info.classifier, labels=labels))

    def _input(self, info: ModelInfo) -> InputInfo:
        colours, count = self.colours or info.input.colours, len(info.input.mean)
        if (colours == "GREY") != (count == 1):
            raise SettingError(f"--colours {colours} does not fit {info.name}, whose input has {_channels(count)}")
        return dataclasses.replace(
            info.input,
            colours=colours,
            mean=_spread("--mean", self.mean, count) or _reordered(info.input.mean, colours, info.input.colours),
            scale=_spread("--scale", self.scale, count) or _reordered(info.input.scale, colours, info.input.colours),
        )


def _reordered(values: tuple[float, ...], colours: Colours, known: Colours) -> tuple[float, ...]:
    """Each number belongs to a colour, so their order follows the colours."""
    return values if colours == known else values[::-1]


def _spread(option: str, values: tuple[float, ...] | None, count: int) -> tuple[float, ...] | None:
    if values is None or len(values) == count:
        return values
    if len(values) == 1:
        return values * count
    raise SettingError(
        f"{option} takes one number, or one per channel; got {len(values)} numbers for an input with {_channels(count)}"
    )


def _channels(count: int) -> str:
    return "1 channel" if count == 1 else f"{count} channels"


def _given(overrides: Overrides) -> dict[str, Any]:
    values = {field.name: getattr(overrides, field.name) for field in dataclasses.fields(overrides)}
    return {name: value for name, value in values.items() if value is not None}


NO_OVERRIDES = Overrides()


def recall(path: Path, digest: str) -> Overrides:
    """The saved overrides of the network at `path`, whose SHA-256 is `digest`."""
    for file in _places(path, digest):
        if file.is_file():
            return _read(file)
    return NO_OVERRIDES


def remember(path: Path, digest: str, overrides: Overrides) -> None:
    """Save `overrides` for the next time, and log where; a warning is logged if nothing can be written."""
    labels = overrides.labels and overrides.labels.resolve()
    overrides = dataclasses.replace(overrides, labels=labels)
    if overrides in (NO_OVERRIDES, _recalled(path, digest)):
        return
    for file in _places(path, digest):
        saved = _given(overrides) | ({"labels": _from_folder(labels, file.parent)} if labels else {})
        try:
            write_atomically(file, json.dumps(saved, indent=2).encode())
            log.info("saved the options of %s in %s", path.name, file)
            return
        except OutputError as error:
            reason = str(error)
    log.warning("cannot save the options of %s: %s", path.name, reason)


def _from_folder(file: Path, folder: Path) -> str:
    """The path of a file in the folder, beside it or below either; so both may move together. Else the whole path."""
    folder = folder.resolve()
    if file.is_relative_to(folder):
        return file.relative_to(folder).as_posix()
    if file.is_relative_to(folder.parent) and folder.parent != folder.parent.parent:
        return f"../{file.relative_to(folder.parent).as_posix()}"
    return str(file)


def _recalled(path: Path, digest: str) -> Overrides | None:
    try:
        return recall(path, digest)
    except ModelError:
        return None


def _places(path: Path, digest: str) -> tuple[Path, ...]:
    """Beside the network, unless that folder is read-only, and in the cache."""
    cached = cache_folder() / "models" / "overrides" / f"{digest[:32]}{SUFFIX}"
    read_only = not path.parent.stat().st_mode & WRITE_BITS
    return (cached,) if read_only else (path.with_name(path.name + SUFFIX), cached)


def _read(file: Path) -> Overrides:
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        overrides = Overrides(
            labels=file.parent.resolve() / record["labels"] if "labels" in record else None,
            colours=record.get("colours"),
            mean=_numbers(record.get("mean")),
            scale=_numbers(record.get("scale")),
            layout=record.get("layout"),
        )
        if overrides.colours not in (None, *get_args(Colours)) or overrides.layout not in (
            None,
            *get_args(InputLayout),
        ):
            raise ValueError("unknown colours or layout")
        return overrides
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(
            f"cannot read the saved options in {file} ({error}); delete the file and give the options again"
        ) from error


def _numbers(values: Any) -> tuple[float, ...] | None:
    return None if values is None else tuple(float(value) for value in values)
