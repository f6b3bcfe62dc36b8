"""The live dream: it moves along with the picture, stays within bounds for an hour, and fades when something moves."""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.build.heads.dream import DreamHead
from models.importing.open_network import open_network
from realtime.controls.controls import Snapshot
from realtime.imaging.add_detail import HEADROOM, soft_clip
from realtime.imaging.compositing import resize
from realtime.imaging.frame import Floats, Frame, Image
from realtime.inference.engine import Engine
from realtime.motion.fields import drift_flow, grey, warp
from realtime.motion.optical_flow import backward_flow
from realtime.show.make_controls import make_controls
from realtime.views.dream import DreamView
from realtime.views.registry import find_views
from realtime.views.view import Scene
from tests.realtime.outputs.recording.films import read_film
from tests.realtime.views.scenes import render_when_ready
from tests.screen import until

SIZE_HW = (64, 96)
NETWORK = open_network("world")


@pytest.fixture(scope="module")
def walk() -> list[Image]:
    """A camera that wanders over a picture: what moves is known to the pixel."""
    rng = np.random.default_rng(5)
    wall = cv2.GaussianBlur(rng.integers(0, 256, (240, 320, 3), np.uint8), (0, 0), 3)
    wall = cv2.normalize(wall, None, 20, 235, cv2.NORM_MINMAX)  # type: ignore[call-overload]
    places = [(round(60 + 40 * np.sin(step / 9)), round(40 + 30 * np.cos(step / 7))) for step in range(60)]
    return [np.ascontiguousarray(wall[down : down + 128, across : across + 192]) for across, down in places]


def settings(**changes: object) -> Snapshot:
    controls = make_controls(NETWORK.info, find_views())
    controls.set("show/layer", "block3_conv1")
    quick: dict[str, object] = {"size": 96, "steps": 2, "every": 0.0, "dissolve": 0.2}
    for name, value in (quick | changes).items():
        controls.set(f"dream/{name}", value)  # type: ignore[arg-type]
    return controls.snapshot()


def dreamed(view: DreamView, engine: Engine, frame: Frame, chosen: Snapshot) -> Floats:
    """What the view adds to the frame."""
    scene = Scene(frame, chosen, NETWORK, engine, SIZE_HW, (128, 192))
    return render_when_ready(view, scene).image.astype(np.float32) - resize(frame.image, (128, 192))


def flicker(engine: Engine, walk: list[Image], **changes: object) -> float:
    """The mean difference between consecutive dreams once the motion is undone."""
    view, chosen, before, differences = DreamView(), settings(**changes), None, []
    for index, image in enumerate(walk):
        detail = dreamed(view, engine, Frame(image, index, index / 30), chosen)
        if before is not None and index > 30:
            moved = warp(before, backward_flow(grey(image), grey(walk[index - 1])))
            differences.append(np.abs(detail - moved)[16:-16, 16:-16].mean())
        before = detail
    return float(np.mean(differences))


def test_a_dream_moves_along_with_the_picture(engine: Engine, walk: list[Image]) -> None:
    assert 3 * flicker(engine, walk, flow=True) < flicker(engine, walk, flow=False)


@pytest.fixture(scope="module")
def clip(assets: Path) -> list[Image]:
    """Every fifth picture of a real film."""
    film, _ = read_film(assets / "media" / "clip.mp4")
    return [resize(each, (128, 192)) for each in film[::5]]


@pytest.mark.parametrize(("preset", "seconds"), [("", 1800), ("fever", 300), ("tunnel", 300)])
@pytest.mark.slow
def test_a_dream_stays_within_bounds_for_half_an_hour(
    engine: Engine, walk: list[Image], preset: str, seconds: int
) -> None:
    dream_on(walk, engine, preset, seconds)


@pytest.mark.slow
def test_a_dream_on_a_real_film_stays_within_bounds_for_half_an_hour(engine: Engine, clip: list[Image]) -> None:
    dream_on(clip, engine, "", 1800)


def dream_on(film: list[Image], engine: Engine, preset: str, seconds: int) -> None:
    """Dream for so many seconds, with a picture a second: it stays within bounds."""
    controls = make_controls(NETWORK.info, find_views())
    controls.set("show/layer", "block3_conv1")
    if preset:
        controls.set("dream/preset", preset)
    controls.set("dream/size", 64)
    controls.set("dream/steps", 1)
    view, strengths = DreamView(), []
    limit = float(controls.value("dream/strength"))
    for second in range(seconds):
        image = film[second % len(film)]
        detail = dreamed(view, engine, Frame(image, second, float(second)), controls.snapshot())
        if second > 100:
            strengths.append(float(np.sqrt(np.square(detail).mean())))
            clipped = np.isin(image + detail, (0, 255)).mean() - np.isin(image, (0, 255)).mean()
            assert clipped < 0.02
    assert max(strengths) < 1.3 * limit
    assert np.median(strengths) > 2.0  # at a cut a dream begins anew
    assert np.mean(strengths[-50:]) > 0.5 * np.mean(strengths[:50])


def test_a_dream_starts_anew_after_an_hour_without_frames(engine: Engine, walk: list[Image]) -> None:
    view, chosen = DreamView(), settings()
    for index in range(30):
        detail = dreamed(view, engine, Frame(walk[0], index, index / 30), chosen)
    assert np.abs(detail).mean() > 2
    assert np.abs(dreamed(view, engine, Frame(walk[20], 30, 3600.0), chosen)).mean() < 0.1


def test_a_cut_leaves_nothing_of_the_old_dream(engine: Engine, walk: list[Image]) -> None:
    rng = np.random.default_rng(11)
    other = cv2.resize(rng.integers(0, 256, (6, 9, 3), np.uint8), (192, 128), interpolation=cv2.INTER_CUBIC)
    view, chosen = DreamView(), settings(every=60.0)
    for index in range(30):
        before = dreamed(view, engine, Frame(walk[0], index, index / 30), chosen)
    at_cut, *_, after = (
        dreamed(view, engine, Frame(other, 30 + each, 1 + each / 30), chosen)  # type: ignore[arg-type]
        for each in range(25)
    )
    assert np.abs(before).mean() > 5
    assert np.abs(at_cut).mean() < 1
    assert np.abs(after).mean() > 5
    assert abs(np.corrcoef(before.ravel(), after.ravel())[0, 1]) < 0.2


def test_half_a_second_after_a_cut_only_the_new_picture_dreams(engine: Engine, walk: list[Image]) -> None:
    """It is the same to the last bit as one that has never seen the old picture."""
    other = cv2.flip(walk[50], -1)
    chosen, old, new = settings(jitter=0), DreamView(), DreamView()
    for index in range(30):
        before = dreamed(old, engine, Frame(walk[0], index, index / 30), chosen)
    assert np.abs(before).mean() > 5
    for index in range(30, 46):
        frame = Frame(np.ascontiguousarray(other), index, index / 30)
        after, alone = dreamed(old, engine, frame, chosen), dreamed(new, engine, frame, chosen)
    assert np.abs(alone).mean() > 5
    assert (after == alone).all()


def test_a_gradual_change_of_the_picture_ends_its_dream(engine: Engine, walk: list[Image]) -> None:
    rng = np.random.default_rng(11)
    other = cv2.resize(rng.integers(0, 256, (6, 9, 3), np.uint8), (192, 128), interpolation=cv2.INTER_CUBIC)
    view, chosen = DreamView(), settings(every=60.0)
    for index in range(30):
        before = dreamed(view, engine, Frame(walk[0], index, index / 30), chosen)
    for each in range(45):
        mixed = cv2.addWeighted(walk[0], max(1 - each / 20, 0), other, min(each / 20, 1), 0)
        after = dreamed(view, engine, Frame(mixed, 30 + each, 1 + each / 30), chosen)  # type: ignore[arg-type]
    assert abs(np.corrcoef(before.ravel(), after.ravel())[0, 1]) < 0.25


def test_a_key_picture_dissolves_into_the_next(engine: Engine, walk: list[Image]) -> None:
    """On a still: between two key pictures the dream changes by small steps, and in the end it has changed."""
    view, chosen = DreamView(), settings(every=2.0, dissolve=1.0, echo=0.0, sharpen=0.0)
    details = [dreamed(view, engine, Frame(walk[0], index, index / 30), chosen) for index in range(110)]
    steps = [float(np.abs(new - old).mean()) for old, new in itertools.pairwise(details[40:])]
    whole = float(np.abs(details[-1] - details[40]).mean())
    assert whole > 3
    assert max(steps) < 0.12 * whole
    assert min(steps[:10]) < 0.1, "nothing changes until the next one is finished"


def test_a_dream_is_as_strong_as_asked(engine: Engine, walk: list[Image]) -> None:
    def strength(wanted: float) -> float:
        view, chosen = DreamView(), settings(strength=wanted)
        return float(np.std([dreamed(view, engine, Frame(walk[0], each, each / 30), chosen) for each in range(25)][-1]))

    assert 9 < strength(12) < 14
    assert 1.6 * strength(12) < strength(24) < 26


def test_a_new_layer_replaces_the_dream_at_once(engine: Engine, walk: list[Image]) -> None:
    view, old, new = DreamView(), settings(every=60.0), settings(every=60.0, channel=3)
    for index in range(30):
        before = dreamed(view, engine, Frame(walk[0], index, index / 30), old)
    after = [dreamed(view, engine, Frame(walk[0], 30 + each, 1 + each / 30), new) for each in range(15)][-1]
    assert abs(np.corrcoef(before.ravel(), after.ravel())[0, 1]) < 0.5


@pytest.mark.parametrize("octaves", [1, 3])
def test_the_octaves_are_prefetched(engine: Engine, walk: list[Image], octaves: int) -> None:
    view = DreamView()
    chosen = settings(octaves=octaves, octave_scale=1.5)
    scene = Scene(Frame(walk[0], 0, 0.0), chosen, NETWORK, engine, SIZE_HW, (128, 192))
    own = [spec for spec in view.upcoming(scene) if spec.head == DreamHead(("block3_conv1",))]
    assert [spec.size_hw for spec in own] == [*[(32, 40), (40, 64), (64, 96)][-octaves:], (88, 136)]
    engine.prefetch(view.upcoming(scene))
    until(lambda: engine.pending == 0, "the graphs")
    for _ in range(2 * octaves):
        view.render(scene)
    assert view.results > 0


def test_jitter_draws_nothing_along_the_edges(engine: Engine) -> None:
    """A picture that is dark on the left and bright on the right: wrapped around it would have an edge."""
    ramp = np.broadcast_to(np.linspace(40, 215, 192, dtype=np.uint8)[:, None], (128, 192, 3))
    view, chosen = DreamView(), settings(jitter=16, octaves=1)
    for index in range(40):
        detail = np.abs(dreamed(view, engine, Frame(ramp.copy(), index, index / 30), chosen)).mean(axis=(0, 2))
    edges, middle = max(detail[:8].mean(), detail[-8:].mean()), detail[32:-32].mean()
    assert edges < 1.3 * middle, f"{edges:.2f} at the edges, {middle:.2f} inside"


def test_a_seed_makes_a_dream_reproducible(engine: Engine, walk: list[Image]) -> None:
    def last(seed: int) -> Floats:
        view = DreamView()
        return [dreamed(view, engine, Frame(walk[0], each, each / 30), settings(seed=seed)) for each in range(12)][-1]

    assert (last(3) == last(3)).all()
    assert (last(3) != last(4)).any()


def test_the_dream_of_a_channel_differs_from_that_of_its_layer(engine: Engine, walk: list[Image]) -> None:
    def last(channel: int) -> Floats:
        view, chosen = DreamView(), settings(channel=channel)
        return [dreamed(view, engine, Frame(walk[0], each, each / 30), chosen) for each in range(12)][-1]

    assert np.abs(last(-1) - last(4)).mean() > 0.5
    assert np.abs(last(-1)).mean() > 0.5


def test_a_dream_can_have_the_colours_of_the_camera(engine: Engine, walk: list[Image]) -> None:
    view, chosen = DreamView(), settings(colours="camera")
    detail = [dreamed(view, engine, Frame(walk[0], each, each / 30), chosen) for each in range(12)][-1]
    assert np.abs(detail - detail.mean(axis=2, keepdims=True)).mean() < 0.15 * np.abs(detail).mean()


def test_motion_hides_a_dream_that_waits_for_stillness(engine: Engine, walk: list[Image]) -> None:
    view, chosen = DreamView(), settings(stillness=True)
    still = [dreamed(view, engine, Frame(walk[0], each, each / 10), chosen) for each in range(40)][-1]
    moving = [
        dreamed(view, engine, Frame(walk[(7 * each) % 60], 40 + each, 4 + each / 10), chosen) for each in range(30)
    ]
    assert np.abs(moving[-1]).mean() < 0.4 * np.abs(still).mean()


def test_soft_clipping_leaves_headroom() -> None:
    picture = np.linspace(0, 255, 96, dtype=np.float32).reshape(8, 12, 1).repeat(3, 2)
    for strength in (-300.0, -20.0, 5.0, 300.0):
        both = picture + soft_clip(np.full_like(picture, strength), picture)
        inside = (picture > HEADROOM) & (picture < 255 - HEADROOM)
        assert both[inside].min() >= HEADROOM - 0.1
        assert both[inside].max() <= 255 - HEADROOM + 0.1
    assert np.allclose(soft_clip(np.full_like(picture, 5.0), np.full_like(picture, 128)), 5.0, atol=0.1)


def test_drift_moves_the_detail() -> None:
    field = np.zeros((40, 60, 3), np.float32)
    field[20, 30] = 1.0
    right = warp(field, drift_flow((40, 60), zoom=1.0, turn=0.0, across=0.1, down=-0.05))
    assert np.unravel_index(right[..., 0].argmax(), (40, 60)) == tuple(map(np.intp, (18, 36)))
    turned = warp(np.roll(field, 10, 1), drift_flow((40, 60), zoom=1.0, turn=90.0, across=0.0, down=0.0))
    assert abs(int(turned[..., 0].sum(axis=1).argmax()) - 20) >= 9
