"""Captions: one at a time, one size, readable on any picture."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from models.importing.open_network import open_network
from realtime.canvas.captions import CaptionFade, Words, caption_words, draw_caption
from realtime.canvas.layout import arrange
from realtime.imaging.compositing import background
from realtime.views.stages import MIXTURES, STAGES, UNTRAINED
from realtime.views.view import Rendered

OLD, NEW = Words("edges", "Where light or colour changes."), Words("objects", "Parts that add up to one thing.")


def test_the_old_words_leave_before_the_new_ones_come() -> None:
    fade = CaptionFade()
    assert fade.update(OLD, 0.0, seconds=1.0) == (OLD, 1.0)
    seen = [fade.update(NEW, at / 10, seconds=1.0) for at in range(1, 11)]
    assert [words for words, _ in seen] == [OLD] * 4 + [NEW] * 6
    opacities = [opacity for _, opacity in seen]
    assert opacities[:4] == pytest.approx([0.8, 0.6, 0.4, 0.2])
    assert opacities[4:] == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], abs=1e-6)


def test_a_new_sentence_under_the_same_title_is_shown_at_once() -> None:
    fade = CaptionFade()
    fade.update(OLD, 0.0, seconds=1.0)
    other = dataclasses.replace(OLD, sentence="Another.")
    assert fade.update(other, 0.1, seconds=1.0) == (other, 1.0)


def test_words_that_change_back_come_back() -> None:
    fade = CaptionFade()
    fade.update(OLD, 0.0, seconds=1.0)
    fade.update(NEW, 0.2, seconds=1.0)
    words, opacity = fade.update(OLD, 0.3, seconds=1.0)
    assert words == OLD
    assert opacity == pytest.approx(0.8)


@pytest.mark.parametrize("canvas_hw", [(720, 1280), (1920, 1080), (384, 1920), (1080, 1080)])
@pytest.mark.parametrize("level", [0, 130, 255])
def test_a_caption_on_a_picture_is_readable(canvas_hw: tuple[int, int], level: int) -> None:
    info, layout = open_network("world").info, arrange("inset", canvas_hw, (480, 640), is_picture=True)
    canvas = np.full((*canvas_hw, 3), level, np.uint8)
    draw_caption(canvas, layout, info, OLD)
    assert layout.caption is not None
    left, top, width, height = layout.caption
    part = canvas[top : top + height // 2, left : left + min(width, 3 * layout.title)].astype(int)
    assert part.max() - np.median(part) > 120


@pytest.mark.parametrize("canvas_hw", [(720, 1280), (1920, 1080), (384, 1920), (1080, 1080), (2160, 3840)])
def test_short_and_long_titles_have_one_size_and_stay_in_their_box(canvas_hw: tuple[int, int]) -> None:
    info, layout = open_network("world").info, arrange("side", canvas_hw, (480, 640))
    for title in ("parts", "Egyptian cat", "a very long name of one class"):
        canvas = background(canvas_hw)
        draw_caption(canvas, layout, info, Words(title, "One sentence."))
        lit = np.argwhere((canvas != background(canvas_hw)).any(axis=2))
        assert layout.caption is not None
        assert lit[:, 1].max() < layout.caption.left + layout.caption.width + 2
        assert lit[:, 0].max() < layout.caption.top + layout.caption.height + layout.title


def test_deep_layers_are_named_after_what_the_network_has_learned() -> None:
    info = open_network("world").info
    deep = Rendered(background((8, 8)), info.layers[-1])
    titles = [
        caption_words(deep, each)
        for each in (
            info,
            dataclasses.replace(info, classifier=None),
            dataclasses.replace(info, weights="none"),
        )
    ]
    assert [words.title for words in titles if words] == [STAGES[-1][0], MIXTURES[0], UNTRAINED[0]]
