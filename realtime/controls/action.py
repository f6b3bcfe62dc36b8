"""An action that can be triggered while the show runs: its name, keys, help and callback.

The owner of an action declares it on the method that does it:

    @action("record/start-stop", "r", help="start or stop recording")
    def toggle(self, controls: Controls) -> None: ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from realtime.controls.controls import Controls

Method = TypeVar("Method", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Action:
    """One action; what it returns is its answer for the status line."""

    name: str
    keys: tuple[str, ...]
    help: str
    run: Callable[[Controls], str | None]


def action(name: str, *keys: str, help: str) -> Callable[[Method], Method]:
    """Declare a method, which takes the controls, as the action called `name`."""

    def declare(method: Method) -> Method:
        method.action = (name, keys, help)  # type: ignore[attr-defined]
        return method

    return declare


def actions_of(owner: Any) -> Iterator[Action]:
    """The actions that an object declares; those of a class are complete but cannot be run."""
    kind = owner if isinstance(owner, type) else type(owner)
    declared = (
        method for base in reversed(kind.__mro__) for method in vars(base).values() if hasattr(method, "action")
    )
    for method in declared:
        name, keys, help = method.action
        yield Action(name, keys, help, partial(method, owner))
