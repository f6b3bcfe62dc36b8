"""What a show gives up: nothing that a person has chosen, and in every view what helps there."""

from __future__ import annotations

import logging

import pytest

from realtime.controls.controls import Controls
from realtime.pace.level import FULL
from realtime.pace.rate_keeper import RateKeeper
from realtime.show.make_controls import make_controls
from realtime.views.registry import find_views
from tests.realtime.show.stage import NETWORK, keeper_of


@pytest.fixture
def controls() -> Controls:
    return make_controls(NETWORK.info, find_views())


def overload(keeper: RateKeeper, seconds: float = 20.0, *, start: float = 0.0) -> None:
    """Results that take four periods, whatever is given up."""
    for number in range(round(seconds * 30)):
        keeper.result(start + number / 30, 4 / 30)


def test_a_slow_network_gives_up_precision_size_and_rate_and_says_so(
    controls: Controls, caplog: pytest.LogCaptureFixture
) -> None:
    keeper = keeper_of(controls)
    with caplog.at_level(logging.INFO):
        overload(keeper)
    assert keeper.words == "int8, input 128 px, network in one of 4 canvases"
    report = keeper.report()
    assert report["level"] == keeper.words
    assert len(caplog.records) == len(report["changes"]) > 0
    assert keeper.words in caplog.text
    assert keeper.notice(report["changes"][-1]["seconds"] + 1) == f"holding 30 fps: {keeper.words}"
    assert keeper.notice(1000.0) == ""
    assert keeper.words in keeper.notice(1000.0, always=True)


@pytest.mark.parametrize(
    ("view", "layer", "least"),
    [("mosaic", "block4_conv1", 64), ("mosaic", "block5_conv3", 112), ("story", "block4_conv1", 112)],
)
def test_maps_keep_eight_places_along_their_short_side(controls: Controls, view: str, layer: str, least: int) -> None:
    controls.set("show/view", view)
    controls.set("show/layer", layer)
    keeper = keeper_of(controls, side=112)
    overload(keeper)
    assert keeper.level.short_side(112, 32) == least


def test_a_size_that_was_chosen_stays(controls: Controls) -> None:
    keeper = keeper_of(controls, keeps_size=True)
    overload(keeper)
    assert keeper.level.size == 1.0
    assert keeper.level.every > 1


@pytest.mark.parametrize("path", ["dream/steps", "dream/octaves"])
def test_dreams_become_shorter_unless_their_work_was_chosen(controls: Controls, path: str) -> None:
    controls.set("show/view", "dream")
    keeper = keeper_of(controls)
    overload(keeper)
    assert (keeper.level.effort, keeper.level.size, keeper.level.int8) == (0.5, 1.0, False)
    controls.set(path, controls.value(path))
    keeper = keeper_of(controls)
    overload(keeper)
    assert keeper.level.effort == 1.0


def test_a_dream_preset_that_sets_the_work_keeps_it(controls: Controls) -> None:
    controls.set("dream/preset", "etching")
    chosen = controls.is_chosen("dream/steps") or controls.is_chosen("dream/octaves")
    keeper = keeper_of(controls)
    overload(keeper)
    assert (keeper.level.effort == 1.0) == chosen


def test_the_rate_is_never_more_than_the_source_gives(controls: Controls) -> None:
    controls.set("show/fps", 60)
    assert keeper_of(controls, source_rate=25.0).rate == 25.0
    controls.set("show/fps", 15)
    assert keeper_of(controls, source_rate=25.0).rate == 15.0


def test_another_view_begins_anew_and_the_one_before_is_remembered(controls: Controls) -> None:
    controls.set("show/view", "mosaic")
    keeper = keeper_of(controls)
    overload(keeper)
    slow = keeper.level
    controls.set("show/view", "camera")
    keeper.result(30.0, 0.001)
    assert keeper.level == FULL
    controls.set("show/view", "mosaic")
    keeper.result(31.0, 0.001)
    assert keeper.level == slow
