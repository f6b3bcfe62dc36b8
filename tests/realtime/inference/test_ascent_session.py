"""Steps of gradient ascent whose picture stays on a device, here the CPU: the same picture as step by step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.build.build import build
from models.build.graph_spec import GraphSpec
from models.build.heads.ascent import AscentHead
from models.build.heads.dream import DreamHead
from models.build.precision import Precision
from models.importing.open_network import open_network
from realtime.capture.pattern import Pattern
from realtime.dreams.key_ascent import KeyAscent
from realtime.dreams.key_plan import KeyOctave, KeyPlan
from realtime.dreams.objective import Objective, ObjectiveGradient
from realtime.imaging.compositing import resize
from realtime.imaging.frame import Floats, Frame
from realtime.inference.ascent_session import SHIFTS, AscentSession, shift_feeds
from realtime.inference.engine import Engine
from realtime.inference.open_session import OpenSession, open_session
from realtime.inference.providers import CPU, Provider, Session
from realtime.motion.fields import shift
from realtime.show.make_controls import make_controls
from realtime.views.dream import DreamView
from realtime.views.registry import find_views
from realtime.views.view import Scene
from tests.realtime.views.scenes import render_when_ready

NETWORK = open_network("world")
HEAD = DreamHead(("block3_conv2",))
WEIGHTS = np.full(64, 1 / 64, np.float32)
PLAN = KeyPlan((KeyOctave((48, 64), 4, 3), KeyOctave((72, 96), 3, 2)), jitter=7)
GPU = Provider("CUDA")


@pytest.mark.parametrize(("down", "across"), [(0, 0), (3, -5), (-7, 2), (11, 15), (-30, 40)])
def test_shifts_are_those_of_the_ascent_on_the_cpu(down: int, across: int) -> None:
    field = np.random.default_rng(0).normal(size=(12, 16, 3)).astype(np.float32)
    feeds = shift_feeds((12, 16), down, across)
    moved = field[feeds["rows"]][:, feeds["columns"]]
    assert np.array_equal(moved, shift(field, down, across, mirrored=True))
    padded = np.pad(field, ((0, 1), (0, 1), (0, 0)))
    back = padded[feeds["rows back"]][:, feeds["columns back"]]
    assert np.array_equal(back, shift(field, -down, -across, mirrored=False))


def opened(spec: GraphSpec, provider: Provider) -> OpenSession:
    """Graphs for the GPU run on the CPU, with buffers as on a GPU."""
    if isinstance(spec.head, AscentHead):
        return AscentSession(Session(build(spec), CPU, device="cpu"))
    return open_session(spec, CPU)


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine(GPU, opened) as engine:
        yield engine


def key_picture(engine: Engine, *, steps: int | None, precision: Precision = "fp32") -> Floats:
    """The detail of a key picture, step by step or so many at once."""
    gradient = ObjectiveGradient(engine, NETWORK, Objective(HEAD, WEIGHTS), precision)
    ascent = KeyAscent(Pattern().read(), None, PLAN, (1,))
    while not ascent.finished:
        if engine.provider == GPU:
            ascent.climb(gradient.ascend, steps)
        else:
            ascent.step(gradient)
    assert ascent.detail is not None
    return ascent.detail


@pytest.mark.parametrize("steps", [None, 1, 3])
def test_a_key_picture_is_the_same_without_the_picture_between_steps(engine: Engine, steps: int | None) -> None:
    with Engine(CPU) as plain:
        expected = key_picture(plain, steps=None)
    found = key_picture(engine, steps=steps)
    assert np.abs(expected).mean() > 3
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.999
    assert np.abs(found - expected).mean() < 0.02 * np.abs(expected).mean()


def test_half_precision_gives_nearly_the_same_key_picture(engine: Engine) -> None:
    exact, half = (key_picture(engine, steps=None, precision=each) for each in ("fp32", "fp16"))
    assert 0.9 < np.corrcoef(half.ravel(), exact.ravel())[0, 1] < 0.999999


def test_a_dream_on_a_device_makes_key_pictures_octave_by_octave() -> None:
    """In the view, the first key picture is shown step by step; the next one comes with a job for each octave."""
    controls = make_controls(NETWORK.info, find_views())
    for name, value in {"size": 96, "steps": 3, "octaves": 2, "every": 0.0, "dissolve": 0.1, "finish": 0}.items():
        controls.set(f"dream/{name}", value)
    view, image, results = DreamView(), Pattern().read(), []
    with Engine(GPU, opened) as engine:
        for number in range(9):
            frame = Frame(image, number, number / 15)
            scene = Scene(frame, controls.snapshot(), NETWORK, engine, (96, 128), (96, 128), "fp16")
            shown = render_when_ready(view, scene).image
            results.append(view.results)
        assert engine.provider == GPU  # no graph has failed
    assert results == list(range(9))
    assert np.abs(shown.astype(float) - resize(image, shown.shape[:2])).mean() > 5


def test_buffers_change_nothing_and_a_run_leaves_nothing_for_the_next() -> None:
    path: Path = build(GraphSpec(NETWORK, AscentHead(HEAD, 2), (48, 64)))
    plain, bound = AscentSession(Session(path, CPU)), AscentSession(Session(path, CPU, device="cpu"))
    rng = np.random.default_rng(0)
    for steps in (3, 1, 2):
        picture = rng.uniform(0, 255, (48, 64, 3)).astype(np.float32)
        feeds: dict[str, NDArray[Any]] = {"image": picture, "weights": WEIGHTS, SHIFTS: rng.integers(-5, 5, (steps, 2))}
        feeds["step_size"] = np.array(2.0, np.float32)
        expected, found = plain.run(feeds), bound.run(feeds)
        assert all(np.array_equal(expected[name], found[name]) for name in ("picture", "value"))


def test_a_step_changes_pixels_as_much_as_it_should() -> None:
    session = AscentSession(Session(build(GraphSpec(NETWORK, AscentHead(HEAD, 2), (48, 64))), CPU))
    picture = np.random.default_rng(0).uniform(100, 150, (48, 64, 3)).astype(np.float32)
    feeds: dict[str, NDArray[Any]] = {"image": picture, "weights": WEIGHTS, SHIFTS: np.zeros((1, 2), np.int64)}
    changed = session.run({**feeds, "step_size": np.array(2.0, np.float32)})["picture"]
    assert np.abs(changed - picture).mean() == pytest.approx(2, rel=0.01)
    nothing = session.run({**feeds, "weights": 0 * WEIGHTS, "step_size": np.array(2.0, np.float32)})["picture"]
    assert np.array_equal(nothing, picture)
