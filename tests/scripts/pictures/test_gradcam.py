"""`ventral gradcam` end to end."""

from __future__ import annotations

from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest

from scripts.cli import status
from scripts.dev.benchmarks.untrained import write_untrained
from tests.networks import colour_network


def gradcam(*words: object) -> int:
    return status(["gradcam", *(str(word) for word in words)])


@pytest.fixture
def model(tmp_path: Path) -> Path:
    colour_network(tmp_path / "colours.onnx")
    return tmp_path / "colours.onnx"


@pytest.fixture
def flag(tmp_path: Path) -> Path:
    """Red on the left, blue on the right."""
    image = np.full((90, 120, 3), 40, np.uint8)
    image[:, :60, 0] = image[:, 60:, 2] = 160
    image[:, :70, 0] = 160
    iio.imwrite(tmp_path / "flag.png", image)
    return tmp_path / "flag.png"


@pytest.mark.parametrize(("arguments", "start", "left"), [((), "red, ", True), (("--class", "blue"), "blue, ", False)])
def test_the_evidence_for_a_class_glows(
    tmp_path: Path,
    model: Path,
    flag: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    start: str,
    left: bool,
) -> None:
    out = tmp_path / "out.png"
    assert gradcam(flag, "-o", out, "--model", model, *arguments) == 0
    assert capsys.readouterr().out.startswith(start)
    slide = np.asarray(iio.imread(out))
    assert slide.shape == (1080, 1920, 3)
    warmth = slide[450, 980:1860, 0].astype(float) - slide[450, 980:1860, 2]
    first, last = warmth[:300].mean(), warmth[-300:].mean()
    assert (first > last + 40) if left else (last > first + 40)


def test_missing_evidence_is_reported(
    tmp_path: Path, model: Path, flag: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    iio.imwrite(flag, np.full((40, 40, 3), (200, 0, 0), np.uint8))
    assert gradcam(flag, "-o", tmp_path / "out.png", "--model", model, "--class", "green") == 0
    assert "green, 0.04 %; no evidence found in conv2 (network " in capsys.readouterr().out


def test_the_classifier_may_be_a_separate_file(tmp_path: Path, flag: Path) -> None:
    colour_network(tmp_path / "apart.onnx", apart=True)
    assert gradcam(flag, "-o", tmp_path / "out.png", "--model", tmp_path / "apart.onnx") == 0


def test_a_network_without_classifier_needs_a_channel(
    tmp_path: Path, flag: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, model = tmp_path / "out.png", write_untrained("mute", width=0.25)
    assert gradcam(flag, "-o", out, "--model", model) == 2
    assert "mute has no classifier; choose a channel, such as --channel 3" in capsys.readouterr().err
    assert gradcam(flag, "-o", out, "--model", model, "--channel", "3", "--channel-layer", "block3_conv2") == 0
    printed = capsys.readouterr().out
    assert printed == "channel 3 of block3_conv2; heatmap of block3_conv1 (network mute UNTRAINED)\n"


REFUSED = [
    (("--class", "pink"), "has no class 'pink'"),
    (("--class", "red", "--channel", "1"), "--class cannot be combined"),
    (("--channel-layer", "conv2"), "--channel-layer needs a channel, such as --channel 3"),
    (("--layer", "conv9"), "layer 'conv9' is not in colours"),
    (("--channel", "1", "--channel-layer", "conv1"), "there is no layer before 'conv1'"),
    (
        ("--channel", "1", "--channel-layer", "conv1", "--layer", "conv2"),
        "layer 'conv1' does not depend on layer 'conv2'",
    ),
    (("--channel", "7"), "channel 7 is not in conv2, which has channels 0 to 2"),
    (("--channel", "-1"), "channel -1 is not in conv2"),
]


@pytest.mark.parametrize(
    ("arguments", "message"), REFUSED, ids=lambda each: " ".join(each) if isinstance(each, tuple) else ""
)
def test_invalid_options_are_refused_in_one_line(
    tmp_path: Path,
    model: Path,
    flag: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    message: str,
) -> None:
    assert gradcam(flag, "-o", tmp_path / "out.png", "--model", model, *arguments) == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert errors.count("\n") == 1
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize("shape", [(1, 1, 3), (60, 80), (60, 80, 4), (3, 20_000, 3)], ids=str)
def test_a_picture_of_any_shape_works(tmp_path: Path, model: Path, shape: tuple[int, ...]) -> None:
    source, out = tmp_path / "in.png", tmp_path / "out.png"
    iio.imwrite(source, np.random.default_rng(0).integers(1, 256, shape, dtype=np.uint8))
    assert gradcam(source, "-o", out, "--model", model) == 0
    assert np.asarray(iio.imread(out)).shape == (1080, 1920, 3)
