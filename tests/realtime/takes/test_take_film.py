"""Takes of strangers and damaged ones: one line, no traceback, and nothing that is out of range."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.errors import SettingError, SourceError
from models.importing.open_network import open_network
from realtime.capture.registry import open_source
from realtime.capture.source import EndOfSource
from realtime.saved_settings.show_record import Values
from realtime.takes.playback import Playback
from realtime.takes.take_film import open_take, read_start
from tests.realtime.takes.made_takes import FPS, make_take, moving, world_controls


def values_of(path: Path) -> list[Values]:
    """The values at every picture."""
    at = list[Values]()
    take = open_take(path, at.append)
    try:
        while True:
            take.read()
    except EndOfSource:
        return at


def test_values_change_at_their_pictures(tmp_path: Path) -> None:
    take = make_take(
        tmp_path / "a.take",
        moving(6),
        [(2, {"show/view": "dream"}), (4, {"show/view": "story", "show/mirror": True})],
        **{"show/view": "features"},
    )
    views = [values["show/view"] for values in values_of(take)]
    assert views == ["features", "features", "dream", "dream", "story", "story"]
    assert values_of(take)[-1]["show/mirror"] is True


def test_a_take_is_nearly_lossless_and_decodes_to_the_same_pictures_each_time(tmp_path: Path) -> None:
    images = moving(4)
    take = make_take(tmp_path / "a.take", images)
    first, second = (open_take(take, lambda values: None) for _ in range(2))
    for image in images:
        shown = first.read()
        assert np.array_equal(shown, second.read())
        error = np.mean((shown.astype(np.float64) - image) ** 2)
        assert 10 * np.log10(255**2 / error) > 38  # of blocks in saturated colours, which are the hardest


def test_a_take_plays_as_a_film_too(tmp_path: Path) -> None:
    source = open_source(str(make_take(tmp_path / "a.take", moving(3))))
    assert source.read().shape == (120, 160, 3)
    assert source.next_duration == pytest.approx(1 / FPS, abs=0.002)


@pytest.mark.parametrize("content", [b"", b"text", b"\x1a\x45\xdf\xa3" + bytes(100), bytes(1000)])
def test_what_is_no_take_is_said_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.take"
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        read_start(path)
    assert "\n" not in str(caught.value)


def test_a_film_without_the_tag_is_no_take(tmp_path: Path) -> None:
    take = make_take(tmp_path / "a.take", moving(2))
    take.write_bytes(take.read_bytes().replace(b"VENTRAL", b"ANOTHER"))
    with pytest.raises(SourceError, match=r"a\.take is not a take; expected a file that ventral --log has written"):
        read_start(take)


def test_the_take_of_a_killed_show_plays_as_far_as_it_goes(tmp_path: Path) -> None:
    take = make_take(tmp_path / "a.take", moving(60), [(3, {"show/view": "dream"})])
    whole, cut = take.read_bytes(), tmp_path / "cut.take"
    cut.write_bytes(whole[: len(whole) * 2 // 3])
    assert 20 < len(values_of(cut)) < 60


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_take_never_ends_in_a_traceback(tmp_path: Path, seed: int) -> None:
    content = bytearray(make_take(tmp_path / "a.take", moving(8), [(3, {"show/view": "dream"})]).read_bytes())
    rng = np.random.default_rng(seed)
    for place in rng.integers(0, len(content), 30):
        content[place] = int(rng.integers(256))
    (tmp_path / "b.take").write_bytes(content)
    controls = world_controls()
    try:
        start = read_start(tmp_path / "b.take")
        take = open_take(tmp_path / "b.take", Playback(controls, open_network("world").info, start, name="b.take").show)
        for _ in range(20):
            take.read()
    except (SourceError, SettingError, EndOfSource) as error:
        assert "\n" not in str(error)
