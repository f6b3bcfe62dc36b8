"""The list of layers: every network fits, the cursor is always seen, and a click hits what is under it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from models.spec import LayerInfo
from realtime.imaging.text import ACCENT
from realtime.overlay.dialog import Choice, Dialog
from realtime.overlay.layer_list import FORGOTTEN, LayerList
from realtime.overlay.layer_sheet import arrange_layers

WINDOWS = [(1280, 720), (1920, 1080), (3840, 2160), (1080, 1920), (1920, 384), (640, 360)]


def network(count: int, name: str = "stage{block}/unit{number}/relu") -> tuple[LayerInfo, ...]:
    """Layers in five blocks; every third is a key layer."""
    blocks = [1 + 5 * number // count for number in range(count)]
    return tuple(
        LayerInfo(name.format(block=block, number=number), 64 * block, 2**block, block, number % 3 == 0)
        for number, block in enumerate(blocks)
    )


SMALL, LARGE = network(13, "block{block}_conv{number}"), network(200)


def opened(layers: tuple[LayerInfo, ...] = SMALL, present: int = 5) -> LayerList:
    return LayerList.of("world", layers, layers[present].name)


def after(state: LayerList, *keys: str) -> LayerList:
    for key in keys:
        assert state.takes(key)
        new = state.press(key)
        assert isinstance(new, LayerList)
        state = new
    return state


@pytest.mark.parametrize("window_wh", WINDOWS)
@pytest.mark.parametrize("count", [1, 13, 57, 200])
def test_the_cursor_is_seen_in_every_window(count: int, window_wh: tuple[int, int]) -> None:
    width, height = window_wh
    layers = network(count)
    for place in (0, count // 2, count - 1):
        rows = dict(arrange_layers(layers, place, (height, width)).rows)
        assert place in rows
        for box in rows.values():
            assert 0 <= box.left < box.left + box.width <= width
            assert 0 <= box.top < box.top + box.height <= height


@pytest.mark.parametrize("window_wh", WINDOWS)
@pytest.mark.parametrize("layers", [SMALL, LARGE, network(57, "a/very/long/name/of/a/layer/of/block{block}/{number}")])
def test_rows_do_not_overlap(layers: tuple[LayerInfo, ...], window_wh: tuple[int, int]) -> None:
    sheet = arrange_layers(layers, 0, window_wh[::-1])
    boxes = sorted((box for _, box in (*sheet.rows, *sheet.headings)), key=lambda box: (box.left, box.top))
    for before, box in pairwise(boxes):
        assert box.left >= before.left + before.width or box.top >= before.top + before.height - 1


@pytest.mark.parametrize("window_wh", [(1280, 720), (1920, 1080)])
def test_text_is_large_enough_for_the_last_row(window_wh: tuple[int, int]) -> None:
    height = window_wh[1]
    assert arrange_layers(SMALL, 0, window_wh[::-1]).size >= height / 22
    assert arrange_layers(LARGE, 0, window_wh[::-1]).size >= height // 34


@pytest.mark.parametrize("window_wh", WINDOWS)
def test_everything_is_drawn_within_the_window(window_wh: tuple[int, int]) -> None:
    width, height = window_wh
    for layers in (SMALL, LARGE):
        image = np.zeros((height, width, 3), np.uint8)
        opened(layers).draw(image)
        lit = np.argwhere(image.max(axis=2) > 60)
        assert lit.min() > 1
        assert lit[:, 0].max() < height - 2
        assert lit[:, 1].max() < width - 2
        assert (image == ACCENT).all(axis=2).sum() > 20  # the mark of the present layer


def test_the_cursor_moves_by_layers_and_by_blocks_and_stops_at_the_ends() -> None:
    state = opened(present=5)
    assert after(state, "Down", "Down", "Up", "PgDn", "PgUp").place == 6
    assert after(state, *["Up"] * 40).place == 0
    assert after(state, *["Down"] * 40).place == len(SMALL) - 1
    starts = [place for place in range(len(SMALL)) if place == 0 or SMALL[place - 1].block != SMALL[place].block]
    assert [after(opened(present=0), *["Right"] * step).place for step in range(6)] == [*starts, starts[-1]]
    assert after(opened(present=12), "Left", "Left").place in starts
    assert [after(state).turn(step) for step in (1, -99)] == [after(state, "Down"), after(state, *["Up"] * 9)]


def test_letters_narrow_the_list_and_the_cursor_stays_on_its_layer() -> None:
    state = after(opened(LARGE, present=150), "u", "n", "i", "t", "1", "5")
    assert {layer.name.split("/")[1] for layer in state.found} == {"unit15", *(f"unit15{last}" for last in range(10))}
    assert state.found[state.place].name == LARGE[150].name
    assert after(state, *["Backspace"] * 9).found == LARGE
    assert after(opened(), "B", "L").found == SMALL  # capitals too
    assert state.press("Enter") == Choice("show/layer", LARGE[150].name)


def test_a_name_that_there_is_not_is_said_and_does_no_harm() -> None:
    state = after(opened(), *"xyz", "Down", "Up", "Left", "Right", "Enter")
    assert state.found == ()
    image = np.zeros((360, 640, 3), np.uint8)
    state.draw(image)
    assert (image == ACCENT).all(axis=2).sum() > 50  # the sentence
    assert after(state, *["Backspace"] * 3).found == SMALL


@pytest.mark.parametrize("window_wh", WINDOWS)
def test_a_click_chooses_the_layer_under_it(window_wh: tuple[int, int]) -> None:
    state, window_hw = opened(LARGE, present=120), window_wh[::-1]
    for place, box in arrange_layers(state.found, state.place, window_hw).rows:
        chosen = state.click(box.left + box.width / 2, box.top + box.height / 2, window_hw)
        assert chosen == Choice("show/layer", LARGE[place].name)
    assert state.click(1, 1, window_hw) is None


@pytest.mark.parametrize("key", ["Esc", "L", "Tab"])
def test_keys_that_close_it(key: str) -> None:
    state: Dialog = opened()
    assert state.takes(key)
    if key == "L":  # a letter like any other once something is typed
        assert after(opened(), "o", "L").typed == "oL"
    assert state.press(key) is None


def test_it_closes_when_nobody_uses_it() -> None:
    assert opened().wait(FORGOTTEN / 2) == opened()
    assert opened().wait(FORGOTTEN) is None
