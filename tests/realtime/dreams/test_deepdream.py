"""Octaves, gradient ascent and tiles without a seam, with objectives whose values are known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from models.errors import SettingError
from models.importing.open_network import open_network
from models.spec import Hw, InputLimits
from realtime.dreams.deepdream import (
    AscentOptions,
    DeepDream,
    ascent_step,
    endless_zoom,
    plan_octaves,
    zoomed,
)
from realtime.dreams.objective import ObjectiveGradient, default_layer
from realtime.dreams.parse_objective import parse_objective
from realtime.dreams.tiling import tile_picture, tiled_gradient
from realtime.imaging.frame import Floats, Image
from realtime.inference.engine import Engine


def nothing() -> None:
    """Progress that is not shown."""


def noise(size_hw: Hw, seed: int = 0) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (*size_hw, 3), dtype=np.uint8)


def loudness(picture: Floats) -> tuple[float, Floats]:
    """The mean square of the distance from black."""
    return float((picture**2).mean()), np.asarray(2 * picture / picture.size, np.float32)


class NotesSizes:
    """The mean of a picture; notes the sizes of its pictures."""

    def __init__(self) -> None:
        self.sizes: set[tuple[int, ...]] = set()

    def __call__(self, picture: Floats) -> tuple[float, Floats]:
        self.sizes.add(picture.shape)
        return float(picture.mean()), np.full_like(picture, 1 / picture.size)


@pytest.mark.parametrize("size_hw", [(40, 60), (64, 64), (65, 200), (100, 1001), (451, 300)])
@pytest.mark.parametrize("limits", [InputLimits(), InputLimits(fixed_hw=(32, 40)), InputLimits(16, step=16)])
def test_every_pixel_counts_once_at_any_offset_of_the_tiles(size_hw: Hw, limits: InputLimits) -> None:
    tiling = tile_picture(size_hw, 64, limits)
    for offset in ((0, 0), (7, -31), (-300, 999)):
        total, sizes = np.zeros((*size_hw, 1)), set()
        for rows, cols, weights in tiling.tiles(offset):
            total[np.ix_(rows, cols)] += weights
            sizes.add(weights.shape[:2])
        assert total == pytest.approx(1.0, abs=1e-5)
        assert len(sizes) == 1, "tiles are of one size, so that one graph serves them"
        assert sizes == {limits.fixed_hw} if limits.fixed_hw else max(max(sizes)) <= 64
        assert not any(side % limits.step for size in sizes for side in size)


def test_tiles_overlap_and_fade() -> None:
    tiling = tile_picture((50, 300), 128)
    (_, first, weights), (_, second, _), *_ = tiling.tiles((0, 0))
    assert len(np.intersect1d(first, second)) >= 128 // 8
    assert weights[25, 0, 0] < 0.2 < 0.999 < weights[25, 60, 0]


def test_a_gradient_in_tiles_is_the_gradient_of_the_whole() -> None:
    picture = noise((90, 250)).astype(np.float32)
    value, gradient = tiled_gradient(loudness, picture, tile_picture((90, 250), 64), (13, 77), nothing)
    expected = loudness(picture)[1]
    assert np.corrcoef(gradient.ravel(), expected.ravel())[0, 1] > 0.99999
    assert value == pytest.approx(loudness(picture)[0], rel=0.05)


def test_no_seam_stays() -> None:
    def edged(tile_: Floats) -> tuple[float, Floats]:
        """A network with no gradient at the edge of its input."""
        gradient = np.ones_like(tile_)
        gradient[:8] = gradient[-8:] = gradient[:, :8] = gradient[:, -8:] = 0
        return 0.0, gradient

    tiling, rng, total = tile_picture((200, 300), 128), np.random.default_rng(0), np.zeros((200, 300, 3), np.float32)
    for _ in range(60):
        total += tiled_gradient(edged, total, tiling, tiling.random_offset(32, rng), nothing)[1]
    rows, cols = total[..., 0].mean(1), total[..., 0].mean(0)
    assert rows.min() > 0.85 * rows.max()
    assert cols.min() > 0.85 * cols.max()


def test_octaves_grow_to_the_size_of_the_picture() -> None:
    found = plan_octaves((300, 451), AscentOptions(), InputLimits(smallest=32))
    assert [each.size_hw for each in found] == [(109, 164), (153, 230), (214, 322), (300, 451)]
    assert [each.number for each in found] == [1, 2, 3, 4]
    assert all(each.tiling is not None and each.tiling.count == 1 for each in found)


def test_octaves_are_multiples_of_the_step_up_to_the_picture_itself() -> None:
    *small, last = plan_octaves((300, 451), AscentOptions(), InputLimits(32, step=32))
    assert [each.size_hw for each in small] == [(96, 160), (160, 224), (224, 320)]
    assert all(each.tiling is not None and each.tiling.count == 1 for each in small)
    assert last.size_hw == (300, 451)
    assert last.tiling is not None
    assert (last.tiling.rows.tile, last.tiling.cols.tile) == (192, 288)


@pytest.mark.parametrize(
    ("limits", "skipped"), [(InputLimits(32), 2), (InputLimits(224), 4), (InputLimits(fixed_hw=(100, 150)), 3)]
)
def test_octaves_that_are_too_small_are_skipped(limits: InputLimits, skipped: int) -> None:
    found = plan_octaves((224, 300), AscentOptions(octaves=5, octave_scale=2.0), limits)
    assert [each.tiling is None for each in found] == [True] * skipped + [False] * (5 - skipped)
    dream = DeepDream(NotesSizes(), noise((224, 300)), AscentOptions(), np.random.default_rng(0))
    assert dream.ascend(found[0], nothing) is None


@pytest.mark.parametrize(
    ("limits", "size_hw"),
    [(InputLimits(32), (1, 1)), (InputLimits(32), (20, 9999)), (InputLimits(1, (224, 224)), (223, 900))],
)
def test_a_picture_that_is_too_small_is_refused(limits: InputLimits, size_hw: Hw) -> None:
    with pytest.raises(SettingError, match=r"the network needs at least .* make it larger with --width"):
        plan_octaves(size_hw, AscentOptions(), limits)


def test_a_step_moves_a_pixel_by_its_size_on_average_and_keeps_to_the_range() -> None:
    picture = np.full((30, 40, 3), 100, np.float32)
    ascent_step(picture, np.random.default_rng(0).normal(0, 1e-9, picture.shape).astype(np.float32), 1.5)
    assert np.abs(picture - 100).mean() == pytest.approx(1.5, rel=1e-3)
    ascent_step(picture, np.ones_like(picture), 500)
    assert picture.max() == 255
    ascent_step(picture, np.zeros_like(picture), 1.5)
    assert (picture == 255).all()


def test_detail_is_carried_from_octave_to_octave() -> None:
    image, options = (
        np.full((64, 96, 3), 100, np.uint8),
        AscentOptions(octaves=2, octave_scale=2.0, steps=10, step_size=2.0),
    )
    dream = DeepDream(NotesSizes(), image, options, np.random.default_rng(0))
    for octave in plan_octaves((64, 96), options, InputLimits()):
        ascent = dream.ascend(octave, nothing)
        assert ascent is not None
        assert ascent.after == pytest.approx(ascent.before + 20, abs=0.1)
    assert dream.image.shape == image.shape
    assert dream.image == pytest.approx(140, abs=1)


def test_a_very_wide_picture_goes_in_small_tiles() -> None:
    noting, options = NotesSizes(), AscentOptions(octaves=2, steps=1)
    dream = DeepDream(noting, noise((40, 20_000)), options, np.random.default_rng(0))
    for octave in plan_octaves((40, 20_000), options, InputLimits(16)):
        assert dream.ascend(octave, nothing) is not None
    assert dream.image.shape == (40, 20_000, 3)
    assert all(max(size) <= options.tile for size in noting.sizes)
    assert len(noting.sizes) == 2, "one size for each octave"


def test_work_is_known_beforehand() -> None:
    options, count = AscentOptions(octaves=2, steps=3, tile=64), 0

    def advance() -> None:
        nonlocal count
        count += 1

    dream, planned = DeepDream(loudness, noise((100, 150)), options, np.random.default_rng(0)), 0
    for octave in plan_octaves((100, 150), options, InputLimits(16)):
        dream.ascend(octave, advance)
        planned += octave.work(options)
    assert count == planned > 20


@pytest.mark.parametrize("tile", [512, 64])
def test_the_value_grows_at_every_octave_and_the_dream_is_reproducible(engine: Engine, tile: int) -> None:
    network = open_network("world")
    objective = ObjectiveGradient(engine, network, parse_objective(network.info, default_layer(network.info)))
    options, image = AscentOptions(octaves=3, steps=4, tile=tile), cv2.GaussianBlur(noise((96, 128)), (0, 0), 3)
    results = []
    for _ in range(2):
        dream = DeepDream(objective, np.asarray(image, np.uint8), options, np.random.default_rng(4))
        for octave in plan_octaves((96, 128), options, objective.limits):
            ascent = dream.ascend(octave, nothing)
            assert ascent is not None
            assert ascent.after > 1.1 * ascent.before
        results.append(dream.image)
    assert (results[0] == results[1]).all()
    assert results[0].std() > image.std()


def test_zooming_enlarges_the_middle() -> None:
    image = np.zeros((100, 140, 3), np.uint8)
    image[40:60, 60:80] = 255
    assert zoomed(image, 2.0).shape == image.shape
    assert np.count_nonzero(zoomed(image, 2.0) > 128) == pytest.approx(4 * np.count_nonzero(image), rel=0.06)
    seen = [*endless_zoom(image, 3, 2.0, lambda picture: picture)]
    assert [int((each > 128).mean() * 100) for each in seen] == pytest.approx([2, 11, 45], abs=2)
