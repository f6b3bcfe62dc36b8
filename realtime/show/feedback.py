"""What the status line answers to a key, a click or the wheel where the picture does not show what it did."""

from collections.abc import Callable, Mapping, Sequence

from realtime.controls.controls import Controls
from realtime.controls.value import KeyBinding, Scalar, in_words
from realtime.views.view import View


class Feedback:
    """Does something with the controls, and finds the words for it."""

    def __init__(self, controls: Controls, views: Sequence[View]) -> None:
        self._controls = controls
        self._views = sorted(
            views, key=lambda view: view.name != "mosaic"
        )  # the mosaic is named where several would do

    def to_key(self, key: str) -> str:
        """Press a key; what it did, or why nothing happened."""
        owner = self._controls.owner(key)
        if owner is None:
            return f"{key} has no function; h lists the keys"
        return self.to(lambda: self._controls.press(key), owner)

    def to_step(self, path: str, amount: Scalar) -> str:
        """Move a value by a step."""

        def step() -> str:
            self._controls.step(path, amount)
            return self._answer(path)

        return self.to(step, path)

    def to_value(self, path: str, value: Scalar) -> str:
        """Set a value."""

        def change() -> str:
            unchanged = self._controls.value(path) == value
            self._controls.set(path, value)
            return "" if unchanged else self._answer(path)

        return self.to(change, path)

    def to(self, act: Callable[[], str], subject: str = "") -> str:
        """Do something that concerns a value or an action; its own answer, completed by what cannot be seen."""
        before, subject_before = self._controls.values(), self._value(subject)
        answer = act()
        changed = {path: value for path, value in self._controls.values().items() if value != before[path]}
        if subject_before is not None and subject_before == self._value(subject):
            return answer or f"{self._name(subject)}: {self._in_words(subject, subject_before)} already"
        if not changed:
            return answer
        if any(self._current.shows(path, self._controls.snapshot()) for path in changed):
            return answer
        return answer + self._unseen(changed, answer)

    @property
    def _current(self) -> View:
        return next(view for view in self._views if view.name == self._controls.value("show/view"))

    def _value(self, path: str) -> Scalar | None:
        """The value at a path; None for an action."""
        return self._controls.value(path) if path in self._controls.table else None

    def _unseen(self, changed: Mapping[str, Scalar], answer: str) -> str:
        """The value, unless it has been said, and the key of a view that shows it."""
        path, value = next(iter(changed.items()))
        settings = self._controls.snapshot()
        others = [view for view in self._views if view.shows(path, settings)]
        if answer and not others:  # no view shows it, such as the format of recordings
            return ""
        words = "" if answer else f"{self._name(path)}: {self._in_words(path, value)}"
        if not others or (path.startswith("show/") and path != "show/layer"):
            return f"{words}, not seen in this {'layout' if path == 'show/caption' else 'view'}"
        return f"{words}, seen in {others[0].name} ({others[0].bind.keys[0]})"

    def _name(self, path: str) -> str:
        """The name of a value for a sentence."""
        bind = self._answering(path)
        return bind.feedback if bind else path.partition("/")[2]

    def _answer(self, path: str) -> str:
        """What the keys of a value answer; empty where the picture does."""
        bind = self._answering(path)
        return f"{bind.feedback}: {bind.in_words(self._controls.value(path))}" if bind else ""

    def _in_words(self, path: str, value: Scalar) -> str:
        """A value as its keys call it."""
        bind = self._answering(path)
        return bind.in_words(value) if bind else in_words(value)

    def _answering(self, path: str) -> KeyBinding | None:
        """The keys of a value that answer; None where the picture does."""
        return next((bind for bind in self._controls.table[path].binds if bind.feedback), None)
