"""The mechanism of controls: changes, rules, actions, snapshots, bad values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from models.errors import SettingError
from realtime.controls.action import action
from realtime.controls.controls import Controls
from realtime.controls.value import KeyBinding, RuntimeChoices, Scalar, value
from tests.realtime.controls.in_a_thread import in_a_thread


@dataclass(frozen=True, slots=True)
class Demo:
    group: ClassVar[str] = "demo"

    level: float = value(1.0, "a number", KeyBinding(("b",), "cycle", "round", 0.5), low=0.0, high=2.0)
    count: int = value(3, "a whole number", KeyBinding(("+",), "step", "more", 1), low=1, high=4)
    lit: bool = value(False, "a switch", KeyBinding(("x",), "toggle", "switch"))
    colour: str = value("red", "a choice", KeyBinding(("t",), "cycle", "next"), choices=("red", "green", "blue"))


class Owner:
    def __init__(self) -> None:
        self.fired = 0

    @action("demo/fire", "f", help="fire")
    def fire(self, controls: Controls) -> None:
        self.fired += 1


@pytest.fixture
def controls() -> Controls:
    return Controls([Demo])


def test_verbs(controls: Controls) -> None:
    for key in "b+xt":
        controls.press(key)
    assert controls.snapshot()[Demo] == Demo(level=1.5, count=4, lit=True, colour="green")


def test_step_stops_at_the_ends_and_cycle_goes_round(controls: Controls) -> None:
    for _ in range(5):
        controls.press("+")
        controls.press("t")
    assert controls.value("demo/count") == 4
    assert controls.value("demo/colour") == "blue"
    levels = []
    for _ in range(4):
        controls.press("b")
        levels.append(controls.value("demo/level"))
    assert levels == [1.5, 2.0, 0.0, 0.5]


def test_an_action_is_done_by_its_key_by_name_and_from_another_thread(controls: Controls) -> None:
    owner = Owner()
    controls.register(owner)
    assert controls.press("f") == ""
    controls.run("demo/fire")
    in_a_thread(controls, "demo/fire", None)
    assert owner.fired == 2
    controls.drain()
    assert owner.fired == 3
    assert "demo/fire" not in controls.values()


def test_an_action_takes_no_value_and_its_key_is_named(controls: Controls) -> None:
    controls.register(Owner())
    with pytest.raises(SettingError, match="demo/fire is an action and takes no value; its key is f"):
        controls.set("demo/fire", "1")
    with pytest.raises(
        SettingError, match=r"^there is no control 'demo/fir'; did you mean demo/fire.*\? \(see: ventral controls\)$"
    ):
        controls.run("demo/fir")
    with pytest.raises(SettingError, match=r"^there is no control 'nonsense' \(see: ventral controls\)$"):
        controls.run("nonsense")


def test_an_announced_action_is_named_before_it_is_registered(controls: Controls) -> None:
    controls.announce(Owner)
    with pytest.raises(SettingError, match="demo/fire is an action and takes no value; its key is f"):
        controls.set("demo/fire", "1")
    with pytest.raises(SettingError, match="did you mean demo/fire"):
        controls.set("demo/fir", "1")
    controls.register(Owner())
    controls.press("f")


def test_a_rule_runs_whoever_changes_the_value_and_only_on_change(controls: Controls) -> None:
    heard = list[tuple[object, object]]()

    def follow(controls: Controls, before: object) -> None:
        heard.append((before, controls.value("demo/count")))
        controls.set("demo/lit", True)

    controls.rule("demo/count", follow)
    controls.press("+")
    controls.set("demo/count", "2")
    controls.set("demo/count", 2)
    in_a_thread(controls, "demo/count", 3)
    controls.drain()
    assert heard == [(3, 4), (4, 2), (2, 3)]


def test_a_change_and_what_its_rules_change_are_one_snapshot(controls: Controls) -> None:
    seen = list[bool]()
    before = controls.snapshot()
    controls.rule("demo/count", lambda controls, _: controls.set("demo/lit", True))
    controls.rule("demo/count", lambda controls, _: seen.append(controls.snapshot() is before))
    controls.set("demo/count", 1)
    assert seen == [True]
    assert controls.snapshot().version == before.version + 1
    assert controls.snapshot()[Demo] == Demo(count=1, lit=True)


def test_subscribers_hear_of_every_change_until_they_leave(controls: Controls) -> None:
    heard = list[tuple[str, object]]()
    leave = controls.subscribe(lambda path, value: heard.append((path, value)))
    controls.rule("demo/count", lambda controls, _: controls.set("demo/lit", True))
    controls.set("demo/count", 1)
    controls.set("demo/count", 1)
    controls.reset()
    assert heard == [("demo/count", 1), ("demo/lit", True), ("demo/count", 3), ("demo/lit", False)]
    leave()
    controls.toggle("demo/lit")
    assert len(heard) == 4


def test_a_subscriber_that_fails_is_removed_and_the_others_hear_of_the_change(
    controls: Controls, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Scalar] = []
    asked: list[Scalar] = []

    def fail(_path: str, value: Scalar) -> None:
        asked.append(value)
        raise ConnectionError("the browser is gone")

    leave = controls.subscribe(fail)
    controls.subscribe(lambda _path, value: heard.append(value))
    for count in (2, 4):
        controls.set("demo/count", count)
    leave()
    assert (asked, heard) == ([2], [2, 4])
    assert "the browser is gone" in caplog.text


def test_a_value_posted_without_a_value_is_named(controls: Controls, caplog: pytest.LogCaptureFixture) -> None:
    in_a_thread(controls, "demo/count", None)
    controls.drain()
    assert "demo/count needs a value: a whole number from" in caplog.text


def test_snapshot_does_not_change_afterwards(controls: Controls) -> None:
    before = controls.snapshot()
    controls.press("x")
    assert not before[Demo].lit
    assert controls.snapshot() is not before
    assert controls.snapshot() is controls.snapshot()


def test_reset_goes_back_to_the_start_of_the_show(controls: Controls) -> None:
    controls.set("demo/count", 2)
    controls.mark_start()
    controls.set("demo/count", 4)
    controls.reset()
    assert controls.value("demo/count") == 2


def test_posted_changes_arrive_with_the_next_turn(controls: Controls) -> None:
    controls.post("demo/lit", True)
    assert not controls.snapshot()[Demo].lit
    controls.drain()
    assert controls.snapshot()[Demo].lit


def test_numbers_are_clamped(controls: Controls) -> None:
    controls.set("demo/level", 99.0)
    assert controls.value("demo/level") == 2.0


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        ("demo/level", "loud", "demo/level takes a number from 0 to 2, but got 'loud'"),
        ("demo/level", "99", "demo/level takes a number from 0 to 2, but got '99'"),
        ("demo/level", "inf", "demo/level takes a number from 0 to 2, but got 'inf'"),
        ("demo/level", "nan", "demo/level takes a number from 0 to 2, but got 'nan'"),
        ("demo/count", "1.5", "demo/count takes a whole number from 1 to 4, but got '1.5'"),
        ("demo/lit", "maybe", "demo/lit takes on or off, but got 'maybe'"),
        ("demo/colour", "mauve", "demo/colour takes one of red, green, blue, but got 'mauve'"),
        ("demo/size", "1", "there is no control 'demo/size'; did you mean demo/"),
    ],
)
def test_bad_values_are_refused_in_words(controls: Controls, path: str, text: str, message: str) -> None:
    with pytest.raises(SettingError) as caught:
        controls.set(path, text)
    assert str(caught.value).startswith(message)


def test_two_owners_of_a_key_are_both_named() -> None:
    @dataclass(frozen=True, slots=True)
    class Rival:
        group: ClassVar[str] = "rival"
        other: bool = value(False, "a switch", KeyBinding(("x",), "toggle", "switch"))

    class Thief:
        @action("thief/steal", "x", help="steal")
        def steal(self, controls: Controls) -> None: ...

    with pytest.raises(ValueError, match="'x' belongs to both demo/lit and rival/other"):
        Controls([Demo, Rival])
    with pytest.raises(ValueError, match="'x' belongs to both demo/lit and thief/steal"):
        Controls([Demo]).register(Thief())


def test_choices_known_at_start_bring_their_keys() -> None:
    known = RuntimeChoices(("one", "two"), (KeyBinding(("9",), "set", "two", "two"),))
    controls = Controls([Demo], {"demo/colour": known})
    assert controls.value("demo/colour") == "one"
    controls.press("9")
    assert controls.value("demo/colour") == "two"
