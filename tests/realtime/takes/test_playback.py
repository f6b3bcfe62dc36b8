"""The values of a take on the controls of a show: checked, and with another network at the same depth."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from models.errors import SettingError
from models.importing.open_network import open_network
from realtime.controls.value import Scalar
from realtime.saved_settings.show_record import ShowRecord, depths
from realtime.show.make_controls import configure, make_controls
from realtime.show.options import RenderOptions
from realtime.takes.playback import Playback, layer_at
from realtime.views.registry import find_views
from tests.networks import write_headless
from tests.realtime.takes.made_takes import record_of_world, world_controls

WORLD = open_network("world").info


def play(values: dict[str, Scalar], *options: str) -> dict[str, Scalar]:
    controls = world_controls()
    configure(controls, RenderOptions(set=options), WORLD)
    Playback(controls, WORLD, record_of_world(), name="a.take").show(values)
    return controls.values()


def test_all_values_are_set_without_their_rules() -> None:
    """Where a rule has changed more in the show, the take has that too."""
    played = play({"show/view": "dream", "show/layer": "block1_conv2", "dream/preset": "tunnel"})
    assert (played["show/view"], played["show/layer"]) == ("dream", "block1_conv2")
    assert played["dream/zoom"] == world_controls().value("dream/zoom")


def test_values_of_the_command_line_stay() -> None:
    played = play({"tiles/colormap": "ocean", "tiles/contrast": 1.5}, "tiles/contrast=2.5")
    assert (played["tiles/colormap"], played["tiles/contrast"]) == ("ocean", 2.5)


def test_values_of_the_window_are_not_played() -> None:
    assert play({"window/status": not world_controls().value("window/status")})[
        "window/status"
    ] == world_controls().value("window/status")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"show/view": "nothing"}, "a.take: show/view takes one of"),
        ({"tiles/contrast": 1e9}, "a.take: tiles/contrast takes a number from"),
        ({"tiles/contrast": float("nan")}, "a.take: tiles/contrast takes a number from"),
        ({"tiles/contrast": "2"}, "a.take: tiles/contrast takes a number from"),
        ({"show/mirror": 1}, "a.take: show/mirror takes on or off"),
        ({"features/points": "x" * 5000}, "a.take: features/points takes"),
    ],
)
def test_values_out_of_range_are_refused_in_one_short_line(values: dict[str, Scalar], message: str) -> None:
    with pytest.raises(SettingError) as caught:
        play(values)
    assert str(caught.value).startswith(message)
    assert len(str(caught.value)) < 400


def test_a_value_that_this_version_does_not_have_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert play({"tiles/smell": 3, "show/mirror": True})["show/mirror"] is True
    assert caplog.messages == ["a.take sets tiles/smell, which this version does not have"]


def test_another_network_shows_a_layer_as_deep_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    other = open_network(str(write_headless(tmp_path / "other.onnx"))).info
    controls = make_controls(other, find_views())
    playback = Playback(controls, other, record_of_world(), name="a.take")
    shown = []
    for layer in ("block1_conv1", "block5_conv3", "no_layer_of_any"):
        playback.show({"show/layer": layer, "dream/objective": "2*block2_conv1"})
        shown.append(controls.value("show/layer"))
    assert shown[:2] == ["conv1", "conv2"]
    assert controls.value("dream/objective") == ""
    assert "other has no layer block1_conv1; it shows conv1, at a similar depth" in caplog.messages
    assert sum("other cannot dream of '2*block2_conv1'" in each for each in caplog.messages) == 1


def test_a_network_finds_its_own_layers_by_their_depth() -> None:
    own = depths(WORLD)
    assert all(layer_at(WORLD, own[layer.name]) == layer.name for layer in WORLD.key_layers)


def test_the_start_survives_as_text_and_names_no_folder(tmp_path: Path) -> None:
    start = record_of_world()
    assert ShowRecord.from_json(start.to_json()) == start
    assert str(tmp_path.home()) not in start.to_json()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"model": 1}', "[" * 100_000, '{"model": "' + "x" * 3_000_000]
)
def test_another_text_is_no_start(text: str) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError, RecursionError)):
        ShowRecord.from_json(text)
