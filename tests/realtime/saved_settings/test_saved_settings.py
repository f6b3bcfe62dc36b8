"""Settings inside files of every kind: read back by other programs, and again by this one; strangers' files."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import av
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageSequence

from models.errors import SettingError
from realtime.imaging.png import write_png
from realtime.outputs.recording.open_writer import open_writer
from realtime.saved_settings.gif_comment import add_comment, with_comment
from realtime.saved_settings.read_show import read_show
from realtime.saved_settings.read_text import read_text
from realtime.saved_settings.show_record import ShowRecord
from tests.realtime.outputs.recording.films import flags
from tests.realtime.takes.made_takes import make_take, moving, record_of_world

TEXT = json.dumps({"command": "live", "words": 'größer = "als"; 1\\2 # ja' * 30}, ensure_ascii=False)


def written(path: Path, text: str = TEXT) -> Path:
    with open_writer(path, fps=10, size_wh=(64, 48), text=text) as writer:
        for step in range(1 if path.suffix == ".png" else 5):
            writer.write(flags((64, 48), step=step))
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif", ".webp", ".png"])
def test_the_text_comes_back(tmp_path: Path, suffix: str) -> None:
    assert read_text(written(tmp_path / f"a{suffix}")) == TEXT


def test_other_programs_find_the_text(tmp_path: Path) -> None:
    with Pillow.open(written(tmp_path / "a.gif")) as gif:
        assert gif.info["comment"].decode() == TEXT
        assert len([*ImageSequence.Iterator(gif)]) == 5
    with Pillow.open(written(tmp_path / "a.png")) as png:
        assert png.text["ventral"] == TEXT  # type: ignore[attr-defined]
        assert np.array_equal(np.asarray(png)[..., ::-1], flags((64, 48), step=0))
    with Pillow.open(written(tmp_path / "a.webp")) as webp:
        assert [each.text for each in ElementTree.fromstring(webp.info["xmp"]).iter() if each.text] == [TEXT]
        assert len([*ImageSequence.Iterator(webp)]) == 5
    with av.open(str(written(tmp_path / "a.mp4"))) as film:
        assert film.metadata["comment"] == TEXT


def test_a_webp_of_one_picture_stays_as_it_is(tmp_path: Path) -> None:
    with open_writer(tmp_path / "a.webp", fps=10, size_wh=(64, 48), text=TEXT) as writer:
        writer.write(flags((64, 48), step=0))
    with Pillow.open(tmp_path / "a.webp") as webp:
        assert webp.size == (64, 48)
        webp.load()


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif", ".webp", ".png"])
def test_a_file_without_a_text_has_none(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(SettingError, match=r"has no saved settings; --like takes a file made by ventral live"):
        read_show(written(tmp_path / f"a{suffix}", ""))


def test_the_part_of_a_recording_that_a_killed_show_leaves_has_its_settings(tmp_path: Path) -> None:
    content = written(tmp_path / "a.mp4").read_bytes()
    (tmp_path / "b.mp4").write_bytes(content[: content.index(b"moof") + 4000])
    assert read_text(tmp_path / "b.mp4") == TEXT


def test_a_comment_is_put_into_a_large_gif_in_place(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (12, 700, 700), dtype=np.uint8)
    first, *others = (Pillow.fromarray(each).convert("P") for each in noise)
    first.save(tmp_path / "a.gif", save_all=True, append_images=others)
    before = (tmp_path / "a.gif").read_bytes()
    assert len(before) > 3 << 20
    add_comment(tmp_path / "a.gif", TEXT)
    assert (tmp_path / "a.gif").read_bytes() == with_comment(before, TEXT)
    assert read_text(tmp_path / "a.gif") == TEXT


def test_a_record_is_read_from_every_kind_of_file(tmp_path: Path) -> None:
    record = record_of_world({"show/mirror": True})
    for suffix in (".mp4", ".webm", ".gif", ".webp", ".png"):
        assert read_show(written(tmp_path / f"a{suffix}", record.to_json())) == record
    assert read_show(make_take(tmp_path / "a.take", moving(2), (), **{"show/mirror": True})) == record


def test_a_record_for_one_picture_has_only_its_layer() -> None:
    record = record_of_world()
    short = record.with_values({"show/layer": "block2_conv1"})
    assert [*short.layers] == ["block2_conv1"]
    assert len(record.layers) == 13
    assert ShowRecord.from_json(short.to_json()) == short


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"command": "dream", "options": {}}', "was made by ventral dream; --like takes a file made by ventral live"),
        ('{"command": "live"}', "has no saved settings"),
        ("[" * 100_000, "has no saved settings"),
        ("no JSON", "has no saved settings"),
        ('{"command": "' + "x" * 3_000_000 + '"}', "has no saved settings"),
    ],
    ids=["dream", "incomplete", "deep", "text", "long"],
)
def test_other_texts_are_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    write_png(tmp_path / "a.png", flags((64, 48)), text)
    with pytest.raises(SettingError) as caught:
        read_show(tmp_path / "a.png")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"GIF89a" + bytes(300), b"\x89PNG\r\n", b"RIFF....", b"RIFF....WEBPVP8X", bytes(99)]
)
def test_damaged_files_are_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(SettingError, match="has no saved settings"):
        read_show(tmp_path / "a")


def test_folders_and_pipes_are_refused(tmp_path: Path) -> None:
    subprocess.run(["mkfifo", tmp_path / "pipe"], check=True)
    for name in ("pipe", ".", "nowhere.gif"):
        with pytest.raises(SettingError, match="has no saved settings"):
            read_show(tmp_path / name)
