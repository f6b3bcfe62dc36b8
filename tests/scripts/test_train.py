"""The command that trains: what it reads, how it fails, and that it survives a kill."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.errors import SourceError
from models.network import open_network
from realtime.capture.pictures import open_pictures
from realtime.engine import Engine
from realtime.predictions import classify
from realtime.providers import CPU
from scripts.cli import status
from scripts.gathering import gather
from scripts.train import check_place, train

ODD = "a & <b>$x$"
"""A class whose name must not become markup or mathematics."""


def draw(folder: Path, name: str, count: int, colour: tuple[int, int, int]) -> Path:
    """Write noisy pictures of a colour, of odd sizes."""
    (folder / name).mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(len(name))
    for number in range(count):
        noise = rng.integers(0, 80, (40 + number, 50, 3))
        cv2.imwrite(str(folder / name / f"{number}.png"), (noise + np.array(colour)).astype(np.uint8))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three classes of eight pictures, and one that is broken."""
    for name, colour in ((ODD, (170, 0, 0)), ("green", (0, 170, 0)), ("red", (0, 0, 170))):
        draw(tmp_path / "pictures", name, 8, colour)
    (tmp_path / "pictures" / "red" / "<i>.jpg").write_bytes(b"no picture")
    return tmp_path / "pictures"


def start(folder: Path, out: Path) -> subprocess.Popen[str]:
    line = [sys.executable, "-m", "scripts.cli", "train", str(folder), "-o", str(out)]
    options = ["--epochs", "3", "--size", "32", "--seed", "4"]
    return subprocess.Popen([*line, *options], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 150
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.timeout(400)  # TensorFlow starts twice
def test_killed_it_goes_on_and_ends_whole(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "colours"
    with start(folder, out) as killed:
        wait_for(out / ".training" / "state.json", killed)
        killed.kill()
    assert not list(out.glob("*.html")) + list(out.glob("network.onnx"))
    with start(folder, out) as again:
        said, warned = again.communicate(timeout=200)
    assert again.returncode == 0, warned
    assert re.search(r"going on after epoch [12]\n", warned)
    assert "left out red/<i>.jpg: not a picture" in warned
    assert re.fullmatch(rf"{out}: \d+ % of 6 checked pictures right after 3 epochs, 3\.7 MB, \d+ s; see .*\n", said)
    check_result(out, folder)
    assert status(["train", str(folder), "-o", str(out), "--epochs", "3", "--size", "32", "--seed", "4"]) == 0
    assert "is done; see" in capsys.readouterr().out
    assert status(["train", str(folder), "-o", str(out), "--epochs", "2"]) == 2
    assert "holds another network already" in capsys.readouterr().err


def check_result(out: Path, folder: Path) -> None:
    names = {file.name for file in out.iterdir()}
    charts = {"curves.png", "confusion.png", "embedding.png"}
    maps = {f"feature-maps-{name}.png" for name in ("block1_conv2", "block3_conv3", "block5_conv3")}
    assert {"network.onnx", "labels.txt", "metrics.json", "report.html"} | charts | maps <= names
    assert not [name for name in names if "part" in name or name.startswith(".")]
    assert (out / "labels.txt").read_text() == f"{ODD}\ngreen\nred\n"
    metrics = json.loads((out / "metrics.json").read_text())
    assert len(metrics["epochs"]) == 3
    assert np.sum(metrics["confusion"]) == metrics["checked_with"] == 6
    assert [each["name"] for each in metrics["classes"]] == [ODD, "green", "red"]
    check_page((out / "report.html").read_text())
    with Engine(CPU) as engine:
        picture = open_pictures(folder / "red" / "0.png").read()
        named = classify(engine, open_network(str(out / "network.onnx")), picture, count=3)
    assert {each.label for each in named} == {ODD, "green", "red"}


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.words += data


def check_page(text: str) -> None:
    page = Page(text)
    assert all(source.startswith(("data:image/png;base64,", "#")) for source in page.sources)
    assert not re.search(r"url\(|@import|<script|<link", text)
    assert page.tags.count("section") == page.tags.count("h2") >= 7
    assert page.tags.count("figure") == 8
    assert ODD in page.words
    assert "red/<i>.jpg: not a picture" in page.words
    assert "i" in page.tags  # the bars; none of them comes from a name
    assert "<i>.jpg" not in text


def test_a_folder_without_classes_falls_into_groups(tmp_path: Path) -> None:
    draw(tmp_path, "a", 6, (170, 0, 0))
    draw(tmp_path, "b", 9, (0, 0, 170))
    loose = tmp_path / "loose"
    loose.mkdir()
    for file in tmp_path.glob("[ab]/*.png"):
        file.rename(loose / f"{file.parent.name}{file.name}")
    found = gather(str(loose), 32, groups=2, start="scratch", seed=0)
    assert found.classes == ("group 1", "group 2")
    assert found.grouped_by == "textures"
    assert found.counts == (9, 6)
    assert {name[0] for name, label in zip(found.names, found.labels, strict=True) if label == 0} == {"b"}


def test_names_and_labels_agree_and_strays_are_named(folder: Path) -> None:
    (folder / "stray.png").write_bytes((folder / "red" / "0.png").read_bytes())
    found = gather(str(folder), 32, groups=3, start="scratch", seed=0)
    assert found.images.shape == (24, 32, 32, 3)
    assert all(
        Path(name).parts[0] == found.classes[label] for name, label in zip(found.names, found.labels, strict=True)
    )
    assert [line.split(":")[0] for line in found.skipped] == ["red/<i>.jpg", "stray.png"]


def test_textures_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.gathering.PER_CLASS", 1)
    found = gather("textures", 32, groups=3, start="scratch", seed=0)
    assert found.images.shape == (len(found.classes), 32, 32, 3)
    assert found.images.std(axis=(1, 2, 3)).max() > 10


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({}, "no good picture in the folder"),
        ({"a": 3}, r"at least 2 classes, but got only 'a'"),
        ({"a": 3, "b": 1}, "class 'b' has 1 good picture; expected at least 2"),
        ({".": 3}, "do not fall into groups of 2 or more"),
    ],
)
def test_too_few_pictures_end_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], counts: dict[str, int], words: str
) -> None:
    for name, count in counts.items():
        draw(tmp_path / "in", name, count, (9, 9, 9))
    (tmp_path / "in").mkdir(exist_ok=True)
    assert status(["train", str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert re.search(words, said)
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"cannot read the folder .*nowhere: No such file"):
        train(str(tmp_path / "nowhere"), output=tmp_path / "out")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--size", "8"], "--size takes 32 to 512"),
        (["--epochs", "0"], "--epochs takes 1 to 10000"),
        (["--weights", "none"], "--weights belongs to --from"),
        (["--from", "vgg61"], "unknown network 'vgg61'"),
        (["--classes", "1"], "--classes takes 2 to 1000"),
    ],
)
def test_options_that_make_no_sense_end_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    if "--classes" in options:
        folder /= "green"
    assert status(["train", str(folder), "-o", str(folder.parent / "out"), *options]) == 2
    assert words in capsys.readouterr().err
    assert not (folder.parent / "out").exists()


def test_what_is_not_ours_is_left_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["train", str(folder), "-o", str(folder)]) == 2
    assert "holds other things, such as" in capsys.readouterr().err
    assert status(["train", str(folder), "-o", str(folder / "red" / "0.png")]) == 2
    assert "is a file; expected a folder" in capsys.readouterr().err
    empty = folder.parent / "empty"
    empty.mkdir()
    check_place(empty)
    assert not list(empty.iterdir())
