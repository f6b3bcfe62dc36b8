"""Likeness: places like the chosen one are lit, those like a "not this" are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.build.graph_spec import GraphSpec
from models.build.heads.projection import ProjectionHead
from models.importing.open_network import open_network
from realtime.features.likeness import MAX_POINTS, Likeness, Point, format_points, likeness, parse_points
from realtime.features.projection import Projection
from realtime.imaging.frame import Floats, hw
from realtime.imaging.reading.read_picture import read_picture
from realtime.inference.engine import Engine
from realtime.inference.network_input import input_size, network_input
from realtime.inference.providers import CPU
from tests.realtime.features.test_basis import places


def lit(points: tuple[Point, ...], features: Floats, memory: Likeness | None = None) -> Floats:
    memory = memory or Likeness()
    memory.update(points, features)
    projection = memory.projection(len(features))
    return likeness(np.tensordot(projection.rows, features, axes=1).astype(np.float32), points)


def test_points_are_text() -> None:
    points = (Point(0.4, 0.3), Point(0.7, 0.2, wanted=False))
    assert parse_points(format_points(points)) == points
    assert parse_points("") == ()
    assert len(parse_points(" ".join(f"0.1,0.{number:02}" for number in range(20)))) == MAX_POINTS
    assert parse_points("0.1,0.2 0.1,0.2") == (Point(0.1, 0.2),)
    for text in ("0.4", "a,b", "0.4,1.2", "0.4,0.3,0.2", "nan,0.1"):
        with pytest.raises(ValueError):
            parse_points(text)


def test_what_is_alike_is_lit() -> None:
    light = lit((Point(0.1, 0.1),), places(0))
    assert light[:8, :8].min() > 0.9
    assert light[8:, 8:].mean() < light[:8, :8].mean() - 0.3
    assert lit((), places(0)).max() == 0


def test_not_this_takes_places_away() -> None:
    wanted = (Point(0.1, 0.1), Point(0.9, 0.9))
    assert lit(wanted, places(0))[12, 12] > 0.9
    assert lit((wanted[0], Point(0.9, 0.9, wanted=False)), places(0))[12, 12] == 0


def test_a_point_remembers_what_it_saw() -> None:
    memory, points = Likeness(), (Point(0.1, 0.1),)
    lit(points, places(0), memory)
    moved = lit(points, np.roll(places(0), 8, axis=2), memory)
    assert moved[:8, 8:].min() > 0.9
    assert moved[:8, :8].mean() < 0.7


@pytest.mark.parametrize(
    ("picture", "first", "second"),
    [("chelsea", (0.395, 0.325), (0.70, 0.41)), ("astronaut", (0.405, 0.19), (0.475, 0.19))],
)
def test_the_second_eye_is_found_from_the_first(
    assets: Path, picture: str, first: tuple[float, float], second: tuple[float, float]
) -> None:
    network = open_network(str(assets / "weights" / "googlenet.onnx"))
    image = read_picture(assets / "media" / f"{picture}.jpg")
    layer, size_hw = "inception_4c/output", input_size(hw(image), 320, network.info.input.limits)
    points = (Point(*first),)
    with Engine(CPU) as engine:
        spec = GraphSpec(network, ProjectionHead(layer, MAX_POINTS, (90, 90)), size_hw)
        seen = network_input(image, size_hw)
        channels, memory = network.info.layer(layer).channels, Likeness()
        nothing = Projection.nothing(MAX_POINTS, channels)
        memory.update(points, engine.run_when_ready(spec, nothing.feeds(seen))["places"])
        light = likeness(engine.run_when_ready(spec, memory.projection(channels).feeds(seen))["maps"], points)
    row, column = int(second[1] * 90), int(second[0] * 90)
    assert light[row - 2 : row + 3, column - 2 : column + 3].max() > 0.8
    assert (light > 0.5).mean() < 0.1
