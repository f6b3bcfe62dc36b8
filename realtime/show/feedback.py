"""What the status line answers to a key, a click or the wheel where the picture does not show what it did."""

from collections.abc import Callable, Mapping, Sequence

from realtime.controls.controls import Controls
from realtime.controls.value import Scalar, in_words
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
            label = self._label(path)
            return f"{label}: {in_words(self._controls.value(path))}" if label else ""

        return self.to(step, path)

    def to(self, act: Callable[[], str], subject: str = "") -> str:
        """Do something that concerns a value or an action; its own answer, completed by what cannot be seen."""
        before, subject_before = self._controls.values(), self._value(subject)
        answer = act()
        changed = {path: value for path, value in self._controls.values().items() if value != before[path]}
        if subject_before is not None and subject_before == self._value(subject):
            return answer or f"{self._name(subject)}: {in_words(subject_before)} already"
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
        words = "" if answer else f"{self._name(path)}: {in_words(value)}"
        if not others or (path.startswith("show/") and path != "show/layer"):
            return f"{words}, not seen in this {'layout' if path == 'show/caption' else 'view'}"
        return f"{words}, seen in {others[0].name} ({others[0].bind.keys[0]})"

    def _name(self, path: str) -> str:
        """The name of a value for a sentence."""
        return self._label(path) or path.partition("/")[2]

    def _label(self, path: str) -> str:
        """What its keys call a value in their answers; empty where the picture answers."""
        return next((bind.feedback for bind in self._controls.table[path].binds if bind.feedback), "")
