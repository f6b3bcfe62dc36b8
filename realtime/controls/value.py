"""A value that can change while the show runs: its path, type, range, default, keys and help."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, TypeAlias, cast

from models.errors import SettingError

Scalar: TypeAlias = bool | int | float | str
Verb: TypeAlias = Literal["set", "step", "cycle", "toggle"]


@dataclass(frozen=True, slots=True)
class KeyBinding:
    """What keys do to a value: `verb` with `value`. Each of `keys` does the same; the first is printable.

    Where the picture does not show the effect, the status line answers with `feedback` and the new value, in
    its `words` if it has any.
    """

    keys: tuple[str, ...]
    verb: Verb
    help: str
    value: Scalar = 1
    feedback: str = ""
    words: tuple[tuple[Scalar, str], ...] = ()

    def in_words(self, value: Scalar) -> str:
        """A value as the status line says it."""
        return dict(self.words).get(value) or in_words(value)


@dataclass(frozen=True, slots=True)
class TextForm:
    """What a text must look like, in words; `parse` raises ValueError for other text."""

    description: str
    parse: Callable[[str], object]

    def accepts(self, text: str) -> bool:
        """Whether a text has this form."""
        try:
            self.parse(text)
        except ValueError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Value:
    """One value. Steps stop at `stops`, a part of `choices`; the other choices are set by name.

    `form` is what a text without choices must look like.
    """

    path: str
    default: Scalar
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    binds: tuple[KeyBinding, ...] = ()
    stops: tuple[str, ...] = ()
    form: TextForm | None = None

    @property
    def accepts(self) -> str:
        """What may be set, in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if isinstance(self.default, bool):
            return "on or off"
        if isinstance(self.default, str):
            return self.form.description if self.form else "text"
        if isinstance(self.default, int):
            return f"a whole number from {self.low} to {self.high}"
        return f"a number from {self.low:g} to {self.high:g}"

    def parse(self, text: str) -> Scalar:
        """The value that `text` stands for; SettingError when it is invalid or out of range."""
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

    def clamp(self, value: Scalar) -> Scalar:
        """`value` within the range; SettingError for another type, for NaN and for an unknown choice."""
        fits = isinstance(value, type(self.default)) or (isinstance(self.default, float) and isinstance(value, int))
        fits = fits and isinstance(value, bool) == isinstance(self.default, bool) and value == value  # not NaN
        fits = fits and (self.form is None or self.form.accepts(str(value)))
        if not fits or (self.choices and value not in self.choices):
            raise SettingError(f"{self.path} takes {self.accepts}, but got '{value}'")
        if isinstance(value, (bool, str)) or self.low is None or self.high is None:
            return value
        return type(self.default)(min(max(value, self.low), self.high))

    def stepped(self, value: Scalar, amount: Scalar) -> Scalar:
        """`value` moved by `amount`, in numbers or in stops; it stays within the range."""
        if not self.choices:
            return cast(float, value) + cast(float, amount)
        steps, order = int(amount), self.choices.index
        beyond = [stop for stop in self.stops or self.choices if (order(stop) - order(str(value))) * steps > 0]
        if not beyond:
            return value
        return beyond[min(steps, len(beyond)) - 1] if steps > 0 else beyond[max(steps, -len(beyond))]

    def cycled(self, value: Scalar, amount: Scalar) -> Scalar:
        """Like `stepped`, but goes round at the ends."""
        if self.choices:
            return self.choices[(self.choices.index(str(value)) + int(amount)) % len(self.choices)]
        moved, low, high = cast(float, value) + cast(float, amount), cast(float, self.low), cast(float, self.high)
        return low if moved > high + 1e-6 else high if moved < low - 1e-6 else moved


_SWITCH = dict.fromkeys(("on", "true", "yes", "1"), True) | dict.fromkeys(("off", "false", "no", "0"), False)


def in_words(value: Scalar) -> str:
    """A value as people write it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


class Settings(Protocol):
    """A frozen dataclass whose fields are values; `group` is the first half of their paths."""

    group: ClassVar[str]


def value(
    default: Any,
    help: str,
    *binds: KeyBinding,
    low: float = 0,
    high: float = 1,
    choices: Sequence[str] = (),
    form: TextForm | None = None,
) -> Any:
    """A field of a Settings dataclass."""
    numeric = isinstance(default, (int, float)) and not isinstance(default, bool)
    lowest, highest = (low, high) if numeric else (None, None)
    described = Value("", default, help, lowest, highest, tuple(choices), binds, form=form)
    return dataclasses.field(default=default, metadata={"value": described})


@dataclass(frozen=True, slots=True)
class RuntimeChoices:
    """What a value gets only at the start, from the network or the list of views."""

    choices: tuple[str, ...]
    binds: tuple[KeyBinding, ...] = ()
    stops: tuple[str, ...] = ()


def values_of(group: type[Settings], completions: Mapping[str, RuntimeChoices]) -> Iterator[Value]:
    """The values of a Settings class, completed by what is known at the start."""
    for field in dataclasses.fields(cast(Any, group)):
        described = dataclasses.replace(field.metadata["value"], path=f"{group.group}/{field.name}")
        yield _completed(described, completions[described.path]) if described.path in completions else described


def _completed(described: Value, with_: RuntimeChoices) -> Value:
    stops = with_.stops or with_.choices
    return dataclasses.replace(
        described,
        default=described.default if described.default in with_.choices else stops[0],
        choices=with_.choices,
        binds=(*described.binds, *with_.binds),
        stops=stops,
    )
