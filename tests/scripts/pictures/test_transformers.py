"""Every command and every view on vision transformers and ConvNeXt."""

from __future__ import annotations

import re
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest

from scripts.cli import status
from tests.models.importing.reference import save
from tests.models.importing.tokens.convnext import ConvNeXt
from tests.models.importing.tokens.transformers import Shape, Transformer

NETWORKS = {
    "vit": lambda: Transformer(Shape("dynamo23")).model(),
    "dinov2": lambda: Transformer(Shape(own_tokens=5, registers_last=True, scaled=True)).model(),
    "convnext": lambda: ConvNeXt().model(),
}


@pytest.fixture(params=NETWORKS)
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return save(NETWORKS[request.param](), tmp_path, f"{request.param}.onnx")


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    noise = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)
    iio.imwrite(tmp_path / "picture.png", np.kron(noise, np.ones((8, 8, 1), np.uint8)))
    return tmp_path / "picture.png"


@pytest.mark.parametrize("view", ["mosaic", "story", "features", "dream", "gradcam", "saliency"])
def test_every_view_is_shown(model: Path, view: str, capfd: pytest.CaptureFixture[str]) -> None:
    show = ("--source", "pattern", "--sink", "none", "--frames", "6", "--canvas", "320x180")
    assert status(["live", "--model", str(model), "--view", view, *show]) == 0
    assert "error" not in capfd.readouterr().err.lower()


@pytest.mark.parametrize("command", ["maps", "features", "gradcam", "story"])
def test_pictures_are_drawn(model: Path, picture: Path, command: str, tmp_path: Path) -> None:
    out = tmp_path / ("out.gif" if command == "story" else "out.png")
    assert status([command, str(picture), "--model", str(model), "-o", str(out)]) == 0
    assert out.stat().st_size > 1000


def test_a_dream_activates_the_tokens_more(picture: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    model, out = save(Transformer(Shape()).model(), tmp_path), tmp_path / "out.png"
    options = ["--layer", "block1", "--width", "640", "--octaves", "1", "--steps", "2"]
    with caplog.at_level("INFO"):
        assert status(["dream", str(picture), "--model", str(model), "-o", str(out), *options]) == 0
    before, after = re.findall(r"objective ([\d.e+-]+) -> ([\d.e+-]+)", caplog.text)[-1]
    assert float(after) > float(before)
    assert np.asarray(iio.imread(out)).shape[1] == 640


def test_attention_is_no_evidence(picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, out = save(Transformer(Shape()).model(), tmp_path), tmp_path / "out.png"
    for layer in ("block2", "block2_attention"):
        assert status(["gradcam", str(picture), "--model", str(model), "-o", str(out), "--layer", layer]) == 2
        assert f"the classifier does not depend on layer '{layer}'" in capsys.readouterr().err
