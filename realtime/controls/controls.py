"""The values and actions of the show, and the one way to change them.

Keys, the mouse, `--set`, presets and other threads all go through `set` and `run`. A rule runs whenever its value
changes, whoever changes it. Only the main thread writes; other threads `post`; the view thread takes a `snapshot`
for each frame.
"""

import difflib
import logging
import queue
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TypeAlias, TypeVar, cast

from models.errors import SettingError, VentralError
from realtime.controls.action import Action, actions_of
from realtime.controls.value import KeyBinding, RuntimeChoices, Scalar, Settings, Value, values_of

log = logging.getLogger(__name__)

S = TypeVar("S")

ChangeRule: TypeAlias = Callable[["Controls", Scalar], None]
"""Called with the controls and the previous value after a value has changed."""

Subscriber: TypeAlias = Callable[[str, Scalar], None]
"""Called on the main thread with the path and the new value of each change."""

State: TypeAlias = tuple[Mapping[str, Scalar], frozenset[str]]
"""Every value by path, and the paths of those that a person has chosen."""


class Snapshot:
    """All settings at one moment, by group class: `snapshot[TileSettings].contrast`; versions only grow."""

    def __init__(self, groups: Mapping[type, object], version: int) -> None:
        self._groups = dict(groups)
        self.version = version

    def __getitem__(self, kind: type[S]) -> S:
        return cast(S, self._groups[kind])


class Controls:
    """Every value and action there is, and the current values."""

    def __init__(self, groups: Iterable[type[Settings]], choices: Mapping[str, RuntimeChoices] | None = None) -> None:
        self._groups = {group.group: group for group in groups}
        described = [each for group in self._groups.values() for each in values_of(group, choices or {})]
        self.table: dict[str, Value] = {each.path: each for each in described}
        self.actions: dict[str, Action] = {}
        self._announced: dict[str, Action] = {}
        self._keys: dict[str, tuple[str, Callable[[], str]]] = {}
        self._rules: dict[str, list[ChangeRule]] = defaultdict(list)
        self._following: set[str] = set()
        self._subscribers: list[Subscriber] = []
        self._values = {each.path: each.default for each in described}
        self._chosen: frozenset[str] = frozenset()
        self._start: State = self.state()
        self._version = self._depth = 0
        self._posted: queue.SimpleQueue[tuple[str, Scalar | None]] = queue.SimpleQueue()
        self._snapshot = self._freeze()
        for each in described:
            for bind in each.binds:
                self._bind(bind.keys, each.path, partial(self._press, each.path, bind))

    def announce(self, owner: type) -> None:
        """Name the actions of a class in errors before an object of it is registered."""
        self._announced |= {each.name: each for each in actions_of(owner)}

    def register(self, owner: object) -> None:
        """Add the actions that `owner` declares; ValueError when a name or a key is taken."""
        for each in actions_of(owner):
            if each.name in self.actions or each.name in self.table:
                raise ValueError(f"there are two controls called {each.name}")
            self.actions[each.name] = each
            self._bind(each.keys, each.name, partial(self.run, each.name))

    def rule(self, path: str, rule: ChangeRule) -> None:
        """Run `rule` whenever the value at `path` changes."""
        self._rules[self._described(path).path].append(rule)

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Tell `subscriber` of every change from now on; what is returned ends that."""
        self._subscribers.append(subscriber)

        def leave() -> None:
            if subscriber in self._subscribers:
                self._subscribers.remove(subscriber)

        return leave

    def snapshot(self) -> Snapshot:
        """The current values, immutable; the same object until something changes."""
        return self._snapshot

    def value(self, path: str) -> Scalar:
        """The current value at `path`."""
        return self._values[self._described(path).path]

    def values(self) -> dict[str, Scalar]:
        """Every current value by path."""
        return self._values.copy()

    def set(self, path: str, value: Scalar, *, chosen: bool = True) -> None:
        """Change a value: text is parsed, a number is clamped to the range. Then its rules run.

        `chosen=False` marks a value that a rule chose and no person. Raises SettingError.
        """
        described = self._described(path)
        parse = isinstance(value, str) and not isinstance(described.default, str)
        new = described.parse(cast(str, value)) if parse else described.clamp(value)
        with self._changing():
            before, self._values[path] = self._values[path], new
            self._chosen = self._chosen | {path} if chosen else self._chosen - {path}
            if new != before and path not in self._following:
                self._follow(path, before)

    def step(self, path: str, amount: Scalar) -> None:
        """Move a number, or a place among choices, by `amount`; it stops at the ends."""
        self.set(path, self._described(path).stepped(self._values[path], amount))

    def cycle(self, path: str, amount: Scalar) -> None:
        """Like `step`, but goes round at the ends."""
        self.set(path, self._described(path).cycled(self._values[path], amount))

    def toggle(self, path: str) -> None:
        """Switch a value on or off."""
        self.set(path, not self.value(path))

    def run(self, name: str) -> str:
        """Do an action, and return its answer for the status line; SettingError when there is none of that name."""
        if name in self.table:
            raise SettingError(f"{name} needs a value: {self.table[name].accepts}")
        if name not in self.actions:
            raise SettingError(self._unknown(name))
        return self.actions[name].run(self) or ""

    def state(self) -> State:
        """All that `restore` brings back."""
        return self._values.copy(), self._chosen

    def reset(self, prefix: str = "") -> None:
        """Set every value whose path begins with `prefix` back to what it was at the start; no rules run."""
        self.restore(self._start, prefix)

    def restore(self, state: State, prefix: str = "") -> None:
        """Set every value whose path begins with `prefix` back to what it was in a `state`; no rules run."""
        values, chosen = state
        with self._changing():
            self._values.update({path: value for path, value in values.items() if path.startswith(prefix)})
            others = {path for path in self._chosen if not path.startswith(prefix)}
            self._chosen = frozenset(others | {path for path in chosen if path.startswith(prefix)})

    def is_chosen(self, path: str) -> bool:
        """Whether a person has chosen the value at `path`, before the start of the show or since."""
        return self._described(path).path in self._chosen

    def mark_start(self) -> None:
        """Make the current values those that `reset` goes back to."""
        self._start = self.state()

    def press(self, key: str) -> str:
        """Do what a key stands for, and return the answer for the status line; unknown keys do nothing."""
        return self._keys[key][1]() if key in self._keys else ""

    def owner(self, key: str) -> str | None:
        """The path of the value, or the name of the action, that a key belongs to."""
        return self._keys[key][0] if key in self._keys else None

    def post(self, path: str, value: Scalar | None = None) -> None:
        """From any thread: set a value, or do an action, at the next `drain`."""
        self._posted.put((path, value))

    def drain(self) -> None:
        """Do what other threads have posted, once a turn; what is invalid is logged, and the show goes on."""
        while not self._posted.empty():
            path, value = self._posted.get()
            try:
                self.run(path) if value is None else self.set(path, value)
            except VentralError as error:  # a rule may find that there is no such layer
                log.warning("%s", error)

    def _follow(self, path: str, before: Scalar) -> None:
        """Run the rules of a value; what they do to that value itself is no news to them."""
        self._following.add(path)
        try:
            for rule in self._rules[path]:
                rule(self, before)
        finally:
            self._following.remove(path)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Publish one snapshot for a change and all that its rules change; subscribers hear of it afterwards."""
        before = self._values.copy() if self._depth == 0 else {}
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if self._depth == 0:
                self._publish(before)

    def _publish(self, before: Mapping[str, Scalar]) -> None:
        changed = {path: value for path, value in self._values.items() if value != before[path]}
        if changed:
            self._snapshot = self._freeze()
        for path, value in changed.items():
            for subscriber in tuple(self._subscribers):
                self._tell(subscriber, path, value)

    def _tell(self, subscriber: Subscriber, path: str, value: Scalar) -> None:
        """Tell a subscriber of a change; one that fails is removed, and the show goes on."""
        if subscriber not in self._subscribers:
            return
        try:
            subscriber(path, value)
        except Exception:
            log.exception("a subscriber failed at %s and was removed", path)
            self._subscribers.remove(subscriber)

    def _press(self, path: str, bind: KeyBinding) -> str:
        match bind.verb:
            case "set":
                self.set(path, bind.value)
            case "step":
                self.step(path, bind.value)
            case "cycle":
                self.cycle(path, bind.value)
            case "toggle":
                self.toggle(path)
        return f"{bind.feedback}: {bind.in_words(self._values[path])}" if bind.feedback else ""

    def _bind(self, keys: Iterable[str], owner: str, press: Callable[[], str]) -> None:
        """Give keys to a value or an action; two owners of one key are a mistake in the program."""
        for key in keys:
            if key in self._keys:
                raise ValueError(f"key '{key}' belongs to both {self._keys[key][0]} and {owner}")
            self._keys[key] = owner, press

    def _described(self, path: str) -> Value:
        if action := self.actions.get(path) or self._announced.get(path):
            raise SettingError(f"{path} is an action and takes no value; its key is {action.keys[0]}")
        if path not in self.table:
            raise SettingError(self._unknown(path))
        return self.table[path]

    def _unknown(self, path: str) -> str:
        *others, last = difflib.get_close_matches(path, {**self.table, **self.actions, **self._announced}, n=3) or [""]
        hint = f"; did you mean {', '.join(others)}{' or ' if others else ''}{last}?" if last else ""
        return f"there is no control '{path}'{hint} (see: ventral controls)"

    def _freeze(self) -> Snapshot:
        self._version += 1
        return Snapshot({kind: kind(**self._fields(name)) for name, kind in self._groups.items()}, self._version)

    def _fields(self, group: str) -> dict[str, Scalar]:
        prefix = f"{group}/"
        return {path.removeprefix(prefix): value for path, value in self._values.items() if path.startswith(prefix)}
