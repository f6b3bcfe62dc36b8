"""What comes out of a training that was killed and begun again."""

from __future__ import annotations

import io
import json
import logging
import re
import subprocess
import sys
import time
from contextlib import redirect_stdout
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from models.build.build import build
from models.build.graph_spec import GraphSpec
from models.build.heads.scores import ScoresHead
from models.importing.open_network import open_network
from models.training.config import TrainingConfig
from models.training.data.dataset import split
from models.zoo import vgg16_layers
from realtime.capture.pictures import open_pictures
from realtime.inference.engine import Engine
from realtime.inference.predictions import classify
from realtime.inference.providers import CPU
from scripts.cli import status
from scripts.networks.training.load_dataset import load_dataset
from tests.pictures import ODD, colours

SEED = 4
OPTIONS = ("--epochs", "2", "--size", "32", "--seed", str(SEED))
CLASSES = (ODD, "green", "red")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return colours(tmp_path_factory.mktemp("in") / "pictures")


@dataclass(frozen=True)
class Resumed:
    """A training after the kill: where it is, what it printed, what it logged."""

    out: Path
    said: str
    logged: str


@pytest.fixture(scope="module")
def resumed(folder: Path) -> Resumed:
    out, said, logged = folder.parent / "colours", io.StringIO(), io.StringIO()
    kill_after_an_epoch(folder, out)
    assert not list(out.glob("*.html")) + list(out.glob("network.onnx"))
    listener, root = logging.StreamHandler(logged), logging.getLogger()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said):
        patch.setattr("scripts.networks.report.activation_maximization.MAX_STEPS", 16)
        patch.setattr(root, "level", logging.INFO)
        root.addHandler(listener)
        assert status(["train", str(folder), "-o", str(out), *OPTIONS]) == 0
        root.removeHandler(listener)
    return Resumed(out, said.getvalue(), logged.getvalue())


def kill_after_an_epoch(folder: Path, out: Path) -> None:
    line = [sys.executable, "-m", "scripts", "train", str(folder), "-o", str(out), *OPTIONS]
    deadline = time.monotonic() + 150
    with subprocess.Popen(line, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as killed:
        while not (out / ".training" / "state.json").exists():
            assert killed.poll() is None, killed.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        killed.kill()


@pytest.fixture(scope="module")
def out(resumed: Resumed) -> Path:
    return resumed.out


@pytest.mark.timeout(400)  # TensorFlow starts twice
def test_killed_it_goes_on_where_it_was(resumed: Resumed) -> None:
    assert "resuming after epoch 1\n" in resumed.logged
    assert "skipped red/<i>.jpg: not a supported picture" in resumed.logged
    outcome = rf"{resumed.out}: accuracy \d+ % on 6 validation pictures after 2 epochs, 7\.8 MB, \d+ s; see .*\n"
    assert re.fullmatch(outcome, resumed.said)


def test_the_folder_is_whole(out: Path) -> None:
    names = {file.name for file in out.iterdir()}
    charts = {"curves.png", "confusion.png", "embedding.png"}
    maps = {f"feature-maps-{name}.png" for name in ("block1_conv2", "block3_conv3", "block5_conv3")}
    assert {"network.onnx", "labels.txt", "metrics.json", "report.html"} | charts | maps <= names
    assert not [name for name in names if "part" in name or name.startswith(".")]
    assert (out / "labels.txt").read_text() == f"{ODD}\ngreen\nred\n"
    metrics = json.loads((out / "metrics.json").read_text())
    assert len(metrics["epochs"]) == 2
    assert metrics["epochs"][1]["loss"] < metrics["epochs"][0]["loss"]
    assert np.sum(metrics["confusion"]) == metrics["validation_pictures"] == 6
    assert [each["name"] for each in metrics["classes"]] == list(CLASSES)


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


def test_the_report_needs_nothing_else_and_shows_everything(out: Path) -> None:
    text = (out / "report.html").read_text()
    page = Page(text)
    assert all(source.startswith(("data:image/png;base64,", "#")) for source in page.sources)
    assert not re.search(r"url\(|@import|<script|<link", text)
    assert page.tags.count("section") == page.tags.count("h2") == 9
    assert page.tags.count("figure") == 8
    assert ODD in page.words
    assert "red/<i>.jpg: not a supported picture" in page.words
    assert "slightly optimistic" in page.words
    assert "i" in page.tags  # the bars; none of them comes from a name
    assert "<i>.jpg" not in text


def test_the_report_shows_where_the_network_looks_and_what_for(out: Path) -> None:
    text = (out / "report.html").read_text()
    gradcam, maximized = (
        text.split(f'<section id="{name}">')[1].split("</section>")[0]
        for name in ("grad-cam", "activation-maximization")
    )
    pictures = re.findall(r'src="([^"]+)"', gradcam)
    assert len(pictures) == 12  # each of the six that were checked, beside itself
    assert all(plain != heatmap for plain, heatmap in zip(pictures[::2], pictures[1::2], strict=True))
    names = re.findall(r"<b>([^<]+)</b>", maximized)
    assert names[:3] == ["a &amp; &lt;b&gt;$x$", "green", "red"]
    for layer in ("block3_conv3", "block5_conv3"):
        assert f"Discriminative channels of {layer}" in maximized
    drawn = re.findall(r'src="([^"]+)"', maximized)
    assert len(drawn) == len(names) == len(set(drawn)) == 15


def test_the_stored_network_is_plain_and_small(out: Path) -> None:
    info = open_network(str(out)).info
    assert (info.name, info.weights, info.layers) == ("colours", "trained", vgg16_layers(0.25, 1024))
    assert info.scores.labels == CLASSES
    assert info.scores.size_hw == (32, 32)
    kinds = {node.op_type for node in onnx.load(out / "network.onnx").graph.node}
    assert kinds == {"Conv", "Relu", "MaxPool", "GlobalAveragePool", "Flatten", "Gemm", "Identity", "Softmax"}
    assert (out / "network.onnx").stat().st_size < 8e6


def test_it_has_learned_the_colours(out: Path, folder: Path) -> None:
    """Judged as the show does it, pixels in and probabilities out."""
    pictures = load_dataset(str(folder), TrainingConfig(size=32))
    session = onnxruntime.InferenceSession(build(GraphSpec(open_network(str(out)), ScoresHead(), (32, 32))))
    scores = np.stack([session.run(["scores"], {"image": image})[0] for image in pictures.images])
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-5)
    learned = split(pictures.labels, SEED, 0.2).train
    assert (scores.argmax(axis=1) == pictures.labels)[learned].mean() > 0.8
    with Engine(CPU) as engine:
        named = classify(engine, open_network(str(out)), open_pictures(folder / "red" / "0.png").read(), count=3)
    assert {each.label for each in named} == set(CLASSES)


def test_done_is_done_and_another_is_not_overwritten(
    out: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(["train", str(folder), "-o", str(out), *OPTIONS]) == 0
    assert "already contains this trained network; see" in capsys.readouterr().out
    assert status(["train", str(folder), "-o", str(out), "--epochs", "3"]) == 2
    assert "already has another network" in capsys.readouterr().err
