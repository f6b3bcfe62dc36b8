"""What the user says about a network that its file does not say, remembered for the next time.

It lies beside the network, in `<file>.ventral.json`, or in the cache where that folder cannot be written.
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
"""The order of the axes of a network's input: colours before or after height and width."""

SUFFIX = ".ventral.json"
ANYBODY_WRITES = 0o222
"""The bits of a folder's mode; an administrator could write without them, and should not."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a network is fed and what its classes are called; None where nothing was said.

    tensor = (pixel - mean) * scale, pixels 0..255, one number for all colours or one for each, in their order.
    """

    labels: Path | None = None
    colours: Colours | None = None
    mean: tuple[float, ...] | None = None
    scale: tuple[float, ...] | None = None
    layout: InputLayout | None = None

    def over(self, older: Overrides) -> Overrides:
        """These hints, and the older ones where these say nothing."""
        return dataclasses.replace(older, **_said(self))

    def apply(self, info: ModelInfo) -> ModelInfo:
        """`info` with what was said in place of what was known; SettingError when it does not fit the network."""
        info = dataclasses.replace(info, input=self._input(info))
        if self.labels is None:
            return info
        labels = read_labels(self.labels, len(info.scores.labels))
        return dataclasses.replace(info, classifier=dataclasses.replace(info.scores, labels=labels))

    def _input(self, info: ModelInfo) -> InputInfo:
        colours, count = self.colours or info.input.colours, len(info.input.mean)
        if (colours == "GREY") != (count == 1):
            raise SettingError(f"--colours {colours} does not fit {info.name}, whose input has {count} colours")
        return dataclasses.replace(
            info.input,
            colours=colours,
            mean=_spread("--mean", self.mean, count) or _turned(info.input.mean, colours, info.input.colours),
            scale=_spread("--scale", self.scale, count) or _turned(info.input.scale, colours, info.input.colours),
        )


def _turned(values: tuple[float, ...], colours: Colours, known: Colours) -> tuple[float, ...]:
    """A mean belongs to its colour, so it turns round with them."""
    return values if colours == known else values[::-1]


def _spread(option: str, values: tuple[float, ...] | None, count: int) -> tuple[float, ...] | None:
    if values is None or len(values) == count:
        return values
    if len(values) == 1:
        return values * count
    raise SettingError(f"{option} takes one number or {count}, one for each colour, but got {len(values)}")


def _said(hints: Overrides) -> dict[str, Any]:
    values = {field.name: getattr(hints, field.name) for field in dataclasses.fields(hints)}
    return {name: value for name, value in values.items() if value is not None}


NO_OVERRIDES = Overrides()


def recall(path: Path, digest: str) -> Overrides:
    """What was said about the network at `path`, whose SHA-256 is `digest`, the last time."""
    for file in _places(path, digest):
        if file.is_file():
            return _read(file)
    return NO_OVERRIDES


def remember(path: Path, digest: str, hints: Overrides) -> None:
    """Keep `hints` for the next time; where nothing can be written they are lost, and the log says so."""
    if hints == NO_OVERRIDES or hints == _recalled(path, digest):
        return
    labels = hints.labels and hints.labels.resolve()
    text = json.dumps(_said(dataclasses.replace(hints, labels=labels)), indent=2, default=str)
    for file in _places(path, digest):
        try:
            write_atomically(file, text.encode())
            return
        except OutputError as error:
            reason = str(error)
    log.warning("what was said about %s is not remembered: %s", path.name, reason)


def _recalled(path: Path, digest: str) -> Overrides | None:
    try:
        return recall(path, digest)
    except ModelError:
        return None


def _places(path: Path, digest: str) -> tuple[Path, ...]:
    """Beside the network, unless nobody may write there, and in the cache."""
    cached = cache_folder() / "models" / "hints" / f"{digest[:32]}{SUFFIX}"
    locked = not path.parent.stat().st_mode & ANYBODY_WRITES
    return (cached,) if locked else (path.with_name(path.name + SUFFIX), cached)


def _read(file: Path) -> Overrides:
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        hints = Overrides(
            labels=Path(record["labels"]) if "labels" in record else None,
            colours=record.get("colours"),
            mean=_numbers(record.get("mean")),
            scale=_numbers(record.get("scale")),
            layout=record.get("layout"),
        )
        if hints.colours not in (None, *get_args(Colours)) or hints.layout not in (None, *get_args(InputLayout)):
            raise ValueError("unknown colours or layout")
        return hints
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(
            f"{file} cannot be read ({error}); expected what Ventral wrote there: delete it, and say anew what differs"
        ) from error


def _numbers(values: Any) -> tuple[float, ...] | None:
    return None if values is None else tuple(float(value) for value in values)
