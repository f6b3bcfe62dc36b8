"""The one table of everything that can change while the show runs.

A row is a field of a frozen Settings dataclass: "tiles/contrast" is the field `contrast` of the group "tiles".
Keys, the mouse, `--set`, presets, the help screen and the README's key table all read this table and use the same
few verbs. The main thread is the only writer; other threads `post`; the render thread takes a `snapshot` per frame.
"""

from __future__ import annotations

import dataclasses
import difflib
import logging
import queue
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, TypeAlias, TypeVar, cast

from models.errors import SettingError

log = logging.getLogger(__name__)

Value: TypeAlias = bool | int | float | str
Verb: TypeAlias = Literal["set", "step", "cycle", "toggle", "trigger"]


@dataclass(frozen=True, slots=True)
class Bind:
    """What keys do to a control: `verb` with `value`; each of `keys` does the same, the first is printable.

    A press is answered with `said` and the new value, where the picture alone does not show what happened.
    """

    keys: tuple[str, ...]
    verb: Verb
    help: str
    value: Value = 1
    said: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a field says about itself beside its type and default."""

    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    binds: tuple[Bind, ...] = ()
    stops: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Control:
    """One row: where it is, what it may be, and which keys move it. A trigger has no value, it only fires."""

    path: str
    default: Value
    facts: Facts

    @property
    def is_trigger(self) -> bool:
        """Whether this row fires instead of holding a value."""
        return any(bind.verb == "trigger" for bind in self.facts.binds)

    @property
    def accepts(self) -> str:
        """What may be set, in words."""
        if self.facts.choices:
            return "one of " + ", ".join(choice or "nothing" for choice in self.facts.choices)
        if isinstance(self.default, bool):
            return "on or off"
        if isinstance(self.default, str):
            return "text"
        return f"a number from {self.facts.low:g} to {self.facts.high:g}"

    def parse(self, text: str) -> Value:
        """The value that `text` means; SettingError when it means none, or one out of range."""
        try:
            if isinstance(self.default, bool):
                return _SWITCH[text.strip().lower()]
            if isinstance(self.default, str):
                return self.clamp(text.strip())
            value = int(text) if isinstance(self.default, int) else float(text)
            if self.clamp(value) != value:
                raise ValueError("out of range")
            return value
        except (KeyError, ValueError):
            raise SettingError(f"{self.path} takes {self.accepts}, but got '{text}'") from None

    def clamp(self, value: Value) -> Value:
        """`value` within the row's range; SettingError when it is none of the row's choices or not a number."""
        fits = isinstance(value, type(self.default)) or (isinstance(self.default, float) and isinstance(value, int))
        fits = fits and isinstance(value, bool) == isinstance(self.default, bool) and value == value  # NaN is not
        if not fits or (self.facts.choices and value not in self.facts.choices):
            raise SettingError(f"{self.path} takes {self.accepts}, but got '{value}'")
        if isinstance(value, (bool, str)) or self.facts.low is None or self.facts.high is None:
            return value
        return type(self.default)(min(max(value, self.facts.low), self.facts.high))


_SWITCH = dict.fromkeys(("on", "true", "yes", "1"), True) | dict.fromkeys(("off", "false", "no", "0"), False)


def control(default: Any, help: str, *binds: Bind, low: float = 0, high: float = 1, choices: Sequence[str] = ()) -> Any:
    """A field of a Settings dataclass that is a row of the table."""
    numeric = isinstance(default, (int, float)) and not isinstance(default, bool)
    facts = Facts(help, low if numeric else None, high if numeric else None, tuple(choices), binds)
    return dataclasses.field(default=default, metadata={"control": facts})


class Settings(Protocol):
    """A frozen dataclass whose fields are controls; `group` is the first half of their paths."""

    group: ClassVar[str]


S = TypeVar("S")


class Snapshot:
    """All settings at one moment, by group class: `snapshot[TileSettings].contrast`; versions only grow."""

    def __init__(self, groups: Mapping[type, object], version: int) -> None:
        self._groups = dict(groups)
        self.version = version

    def __getitem__(self, kind: type[S]) -> S:
        return cast(S, self._groups[kind])


@dataclass(frozen=True, slots=True)
class Known:
    """What a row learns only at start, from the network or the list of views.

    Steps stop at `stops`; the choices between them are set by name.
    """

    choices: tuple[str, ...]
    binds: tuple[Bind, ...] = ()
    stops: tuple[str, ...] = ()


def rows(group: type[Settings], known: Mapping[str, Known]) -> Iterator[Control]:
    """The rows of a Settings class, completed by what is known at start."""
    for field in dataclasses.fields(cast(Any, group)):
        path = f"{group.group}/{field.name}"
        facts: Facts = field.metadata["control"]
        default: Value = cast(Value, field.default)
        if path in known:
            choices, binds = known[path].choices, (*facts.binds, *known[path].binds)
            stops = known[path].stops or choices
            facts = dataclasses.replace(facts, choices=choices, binds=binds, stops=stops)
            default = default if default in choices else stops[0]
        yield Control(path, default, facts)


class Controls:
    """The table and its present values."""

    def __init__(self, groups: Iterable[type[Settings]], known: Mapping[str, Known]) -> None:
        self._groups = {group.group: group for group in groups}
        table = [row for group in self._groups.values() for row in rows(group, known)]
        self.table: dict[str, Control] = {row.path: row for row in table}
        self._binds = _by_key(table)
        self._values = {row.path: row.default for row in table}
        self._touched: frozenset[str] = frozenset()
        self._start = self._values.copy(), self._touched
        self._version = 0
        self._snapshot = self._frozen()
        self._fired: list[str] = []
        self._posted: queue.SimpleQueue[tuple[str, Value]] = queue.SimpleQueue()

    def snapshot(self) -> Snapshot:
        """The present values, immutable; the same object until something changes."""
        return self._snapshot

    def value(self, path: str) -> Value:
        """The present value of one row."""
        return self._values[self._row(path).path]

    def values(self) -> dict[str, Value]:
        """Every present value by path, triggers left out."""
        return {path: value for path, value in self._values.items() if not self.table[path].is_trigger}

    def set(self, path: str, value: Value, *, chosen: bool = True) -> None:
        """Give a row a value: text must mean one, numbers are clamped to the row's range, a trigger fires.

        A value that nobody has `chosen` leaves the row untouched.
        """
        row = self._row(path)
        if row.is_trigger:
            self._fired.append(path)
            return
        parse = isinstance(value, str) and not isinstance(row.default, str)
        self._values[path] = row.parse(cast(str, value)) if parse else row.clamp(value)
        if chosen:
            self._touched |= {path}
        self._snapshot = self._frozen()

    def step(self, path: str, amount: Value) -> None:
        """Move a number, or a place among choices, by `amount`; stops at the ends."""
        row = self._row(path)
        if row.facts.choices:
            self.set(path, _stepped(row.facts, str(self._values[path]), int(amount)))
        else:
            self.set(path, cast(float, self._values[path]) + cast(float, amount))

    def cycle(self, path: str, amount: Value) -> None:
        """Like `step`, but goes round at the ends."""
        row = self._row(path)
        if row.facts.choices:
            place = row.facts.choices.index(str(self._values[path])) + int(amount)
            self.set(path, row.facts.choices[place % len(row.facts.choices)])
            return
        value = cast(float, self._values[path]) + cast(float, amount)
        low, high = cast(float, row.facts.low), cast(float, row.facts.high)
        self.set(path, low if value > high + 1e-6 else high if value < low - 1e-6 else value)

    def toggle(self, path: str) -> None:
        """Switch a row on or off."""
        self.set(path, not self._values[self._row(path).path])

    def trigger(self, path: str) -> None:
        """Fire a row; `fired` hands it on."""
        self.set(path, 1)

    def reset(self, prefix: str = "") -> None:
        """Every row whose path begins with `prefix` back to what it was at the start of the show."""
        values, touched = self._start
        self._values.update({path: value for path, value in values.items() if path.startswith(prefix)})
        kept = frozenset(path for path in self._touched if not path.startswith(prefix))
        self._touched = kept | {path for path in touched if path.startswith(prefix)}
        self._snapshot = self._frozen()

    def untouched(self, path: str) -> bool:
        """Whether nobody has chosen a value for a row, before the start of the show or since."""
        return self._row(path).path not in self._touched

    def start_here(self) -> None:
        """Make the present values those that `reset` goes back to."""
        self._start = self._values.copy(), self._touched

    def meant(self, key: str) -> str:
        """The row that a key belongs to; nothing when it belongs to none."""
        return self._binds[key][0] if key in self._binds else ""

    def press(self, key: str) -> str:
        """Do what the table says about a key, and return what is to be answered; unknown keys do nothing."""
        if key not in self._binds:
            return ""
        path, bind = self._binds[key]
        match bind.verb:
            case "set":
                self.set(path, bind.value)
            case "step":
                self.step(path, bind.value)
            case "cycle":
                self.cycle(path, bind.value)
            case "toggle":
                self.toggle(path)
            case "trigger":
                self.trigger(path)
        return f"{bind.said}: {_in_words(self._values[path])}" if bind.said else ""

    def post(self, path: str, value: Value) -> None:
        """Ask for a change from another thread; it happens at the next `fired`."""
        self._posted.put((path, value))

    def fired(self) -> list[str]:
        """Apply what was posted, and return the triggers fired since the last call."""
        while not self._posted.empty():
            try:
                self.set(*self._posted.get())
            except SettingError as error:  # who posted it cannot be asked, and must not end the show
                log.warning("%s", error)
        fired, self._fired = self._fired, []
        return fired

    def _row(self, path: str) -> Control:
        try:
            return self.table[path]
        except KeyError:
            alike = difflib.get_close_matches(path, self.table, n=3)
            hint = f"did you mean {' or '.join(alike)}? " if alike else ""
            raise SettingError(f"there is no control '{path}'; {hint}All are listed by: ventral controls") from None

    def _frozen(self) -> Snapshot:
        self._version += 1
        return Snapshot({kind: kind(**self._fields(name)) for name, kind in self._groups.items()}, self._version)

    def _fields(self, group: str) -> dict[str, Value]:
        prefix = f"{group}/"
        return {path.removeprefix(prefix): value for path, value in self._values.items() if path.startswith(prefix)}


def _stepped(facts: Facts, value: str, amount: int) -> str:
    """The choice `amount` stops away from `value`, or the last one in that direction."""
    stops, order = facts.stops or facts.choices, facts.choices.index
    beyond = [stop for stop in stops if (order(stop) - order(value)) * amount > 0]
    if not beyond:
        return value
    return beyond[min(amount, len(beyond)) - 1] if amount > 0 else beyond[max(amount, -len(beyond))]


def _in_words(value: Value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _by_key(table: Iterable[Control]) -> dict[str, tuple[str, Bind]]:
    """Which row each key belongs to; two owners of one key are a mistake in the program."""
    owners: dict[str, tuple[str, Bind]] = {}
    for row in table:
        for bind in row.facts.binds:
            for key in bind.keys:
                if key in owners:
                    raise ValueError(f"key '{key}' belongs to both {owners[key][0]} and {row.path}")
                owners[key] = (row.path, bind)
    return owners
