"""`ventral dream` end to end: a picture, its settings inside, the same picture from them, and what is refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import onnx
import pytest
from PIL import Image as Pillow

from models.spec import RECORD
from scripts.cli import status
from scripts.pictures.dream import DreamOptions
from tests.networks import colour_network

QUICK = ("--steps", "2", "--octaves", "2", "--jitter", "4")


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("picture") / "in.png"
    iio.imwrite(path, np.random.default_rng(1).integers(0, 256, (72, 96, 3), dtype=np.uint8))
    return path


def dream(*words: object) -> int:
    width = () if {"--width", "--like"} & set(words) else ("--width", "96")  # the default is slow
    return status(["dream", *(str(word) for word in (*words, *width))])


def pixels(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(iio.imread(path))


def test_a_dream_saves_its_settings_and_they_make_it_again(
    tmp_path: Path, picture: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    first, again, other = (tmp_path / f"{name}.png" for name in ("first", "again", "other"))
    chosen = ("--layer", "0.5*block3_conv1", "--layer", "block2_conv2", "--seed", "5", "--width", "88")
    assert dream(picture, "-o", first, *QUICK, *chosen) == 0
    assert pixels(first).shape == (66, 88, 3)
    assert "octave 1 of 2: 63x47, objective " in caplog.text
    with Pillow.open(first) as file:
        saved = json.loads(file.text["ventral"])  # type: ignore[attr-defined]
    assert saved["options"]["layer"] == ["0.5*block3_conv1", "block2_conv2"]
    assert (saved["options"]["octave_scale"], saved["options"]["tile"]) == (1.4, 512)
    assert dream(picture, "-o", again, "--like", first) == 0
    assert (pixels(again) == pixels(first)).all()
    assert dream(picture, "-o", other, "--like", first, "--seed", "6") == 0
    assert (pixels(other) != pixels(first)).any()


def test_existing_file_is_kept_unless_forced(tmp_path: Path, picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.png"
    out.write_bytes(b"precious")
    assert dream(picture, "-o", out, *QUICK) == 2
    assert out.read_bytes() == b"precious"
    assert dream(picture, "-o", out, *QUICK, "--force") == 0
    assert pixels(out).shape == (72, 96, 3)


@pytest.mark.parametrize("words", [("--channel", "3", "--layer", "block2_conv1"), ("--tile", "64"), ()])
def test_grey_and_transparent_pictures_dream_too(tmp_path: Path, words: tuple[str, ...]) -> None:
    rng = np.random.default_rng(0)
    for name, shape in (("grey", (70, 90)), ("rgba", (70, 90, 4))):
        source, out = tmp_path / f"{name}.png", tmp_path / f"{name}-out.png"
        iio.imwrite(source, rng.integers(1, 256, shape, dtype=np.uint8))
        assert dream(source, "-o", out, *QUICK, *words, "--width", "90") == 0
        assert pixels(out).shape == (70, 90, 3)


def test_a_guide_is_followed(tmp_path: Path, picture: Path) -> None:
    guide, out, plain = tmp_path / "guide.png", tmp_path / "guided.png", tmp_path / "plain.png"
    iio.imwrite(guide, np.tile(np.array([0, 255], np.uint8), (64, 32, 1))[..., None].repeat(3, 3)[0])
    assert dream(picture, "-o", out, *QUICK, "--guide", guide) == 0
    assert dream(picture, "-o", plain, *QUICK) == 0
    assert (pixels(out) != pixels(plain)).any()


@pytest.mark.parametrize("apart", [False, True])
def test_a_class_is_dreamed_of(tmp_path: Path, apart: bool) -> None:
    colour_network(tmp_path / "colours.onnx", apart=apart)
    source, out = tmp_path / "grey.png", tmp_path / "out.png"
    iio.imwrite(source, np.full((40, 50, 3), 90, np.uint8))
    words = ("--model", tmp_path / "colours.onnx", "--class", "red", "--octaves", "1", "--steps", "5")
    assert dream(source, "-o", out, *words) == 0
    red, green, _ = pixels(out).reshape(-1, 3).mean(0)
    assert (red > 95, green) == (True, 90)


def test_a_network_of_fixed_size_sees_pieces_of_the_picture(
    tmp_path: Path, picture: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    info, path = colour_network(tmp_path / "colours.onnx"), tmp_path / "colours.onnx"
    model = onnx.load(path)
    fixed = dataclasses.replace(info, input=dataclasses.replace(info.input, fixed_hw=(64, 40)))
    onnx.helper.set_model_props(model, {RECORD: fixed.to_json()})
    path.write_bytes(model.SerializeToString())
    out, words = tmp_path / "out.png", ("--model", path, "--layer", "conv2")
    assert dream(picture, "-o", out, *QUICK, *words) == 0
    assert pixels(out).shape == (72, 96, 3)
    assert "octave 1 of 2: 69x51 is too small for the network, skipped" in caplog.text
    assert "octave 2 of 2: 96x72, objective" in caplog.text
    assert maximized(path, tmp_path / "max.png", "--size", "64") == (64, 40, 3)
    assert maximized(path, tmp_path / "large.png", "--size", "128") == (128, 80, 3)


def maximized(model: Path, out: Path, *options: str) -> tuple[int, ...]:
    words = ("--model", str(model), "--layer", "conv2", "--channel", "1", "--steps", "2", "-o", str(out))
    assert status(["maximize", *words, *options]) == 0
    return pixels(out).shape


def test_the_zoom_has_every_picture(tmp_path: Path, picture: Path) -> None:
    out = tmp_path / "zoom.gif"
    assert dream(picture, "-o", out, "--steps", "1", "--octaves", "1", "--zoom-frames", "4", "--zoom", "1.2") == 0
    with Pillow.open(out) as film:
        assert film.size == (96, 72)
        assert film.n_frames == 4  # type: ignore[attr-defined]


REFUSED = [
    (("--layer", "conv9"), "layer 'conv9' is not in world"),
    (
        ("--layer", "block2_conv1:much"),
        "'block2_conv1:much' is not an objective; expected a sum such as 0.7*block5_conv3:3 + ",
    ),
    (("--layer", "0*block2_conv1"), "'0' is no weight in '0*block2_conv1'; expected a number"),
    (
        ("--layer", "block2_conv1", "--layer", "block2_conv2", "--channel", "1"),
        "--channel takes one layer without a channel, but got",
    ),
    (("--channel", "4096"), "channel 4096 is not in"),
    (("--class", "quark"), "world has no class 'quark'"),
    (("--class", "cat", "--channel", "1"), "--class cannot be combined"),
    (("--octaves", "0"), "--octaves takes 1 to 20, but got 0"),
    (("--octave-scale", "nan"), "--octave-scale takes"),
    (("--step-size", "0"), "--step-size takes"),
    (("--tile", "8"), "--tile takes 64 to 4096"),
    (("--width", "8"), "the picture is 8x6 pixels, but the network needs at least 32x32"),
    (("--width", "0"), "--width takes"),
    (("--zoom-frames", "3"), "must end in .gif or .mp4"),
    (("--zoom", "1.5"), "--zoom needs --zoom-frames"),
    (("--steps", "9" * 400), "--steps takes 1 to 10000"),
    (("--layer", "1e39*block2_conv1"), "'1e39' is no weight"),
    (("--zoom", "1"), "--zoom takes 1.001 to 2"),
    (("--guide", "nowhere.png"), "nowhere.png"),
    (("--like", "nowhere.png"), "nowhere.png has no saved settings (No such file or directory); --like takes"),
    (("--seed", "-1"), "--seed takes"),
]


@pytest.mark.parametrize(
    ("arguments", "message"), REFUSED, ids=lambda each: " ".join(each) if isinstance(each, tuple) else ""
)
def test_invalid_options_are_refused_in_one_line(
    tmp_path: Path, picture: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    assert dream(picture, "-o", tmp_path / "out.png", *arguments) == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert errors.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_picture_of_one_pixel_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "one.png"
    iio.imwrite(source, np.zeros((1, 1, 3), np.uint8))
    assert dream(source, "-o", tmp_path / "out.png", "--width", "1") == 2
    assert "is 1x1 pixels, but the network needs at least 32x32; make it larger with --width" in capsys.readouterr().err
    assert dream(source, "-o", tmp_path / "out.png", "--width", "20000") == 2
    assert "would be 20000x20000 pixels" in capsys.readouterr().err
    assert dream(source, "-o", tmp_path / "out.png", "--width", "40", *QUICK) in (0, 2), "black may be silent"


@pytest.mark.parametrize("harm", ["none", "another", "json", "types", "range", "newer", "files", "labels"])
def test_settings_that_cannot_be_read_are_refused(
    tmp_path: Path, picture: Path, capsys: pytest.CaptureFixture[str], harm: str
) -> None:
    from PIL.PngImagePlugin import PngInfo

    record = {"command": "dream", "digest": "", "options": {"octaves": "many"}}
    texts = {
        "another": json.dumps(record | {"command": "maximize"}),
        "json": "[[" * 9999,
        "types": json.dumps(record),
        "range": json.dumps(record | {"options": {"octaves": 99}}),
        "newer": json.dumps(record | {"options": {"octaves": 4, "warp": 2}}),
        "files": json.dumps(record | {"files": 3}),
        "labels": json.dumps(record | {"options": {"labels": "a\0b", "octaves": "many"}}),
    }
    info, like = PngInfo(), tmp_path / "like.png"
    if harm in texts:
        info.add_text("ventral", texts[harm])
    Pillow.new("RGB", (8, 8)).save(like, pnginfo=info)
    assert dream(picture, "-o", tmp_path / "out.png", "--like", like, "--model", "world") == 2
    expected = {
        "another": "was made by ventral maximize",
        "types": "invalid setting: --octaves takes a whole number, but got 'many'",
        "range": "invalid setting: --octaves takes 1 to 20, but got 99",
        "newer": "does not know: warp",
        "labels": "invalid setting: --octaves takes a whole number, but got 'many'",
    }
    assert expected.get(harm, "has no saved settings") in capsys.readouterr().err


def test_reused_settings_can_be_reused_again(tmp_path: Path, picture: Path) -> None:
    model, first, second = tmp_path / "colours.onnx", tmp_path / "first.png", tmp_path / "second.png"
    colour_network(model)
    assert dream(picture, "-o", first, *QUICK, "--model", model) == 0
    assert dream(picture, "-o", second, "--like", first) == 0
    assert dream(picture, "-o", tmp_path / "third.png", "--like", second) == 0


def test_settings_can_be_reused_from_another_folder(
    tmp_path: Path, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    colour_network(tmp_path / "colours.onnx")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    assert dream(picture, "-o", "first.png", *QUICK, "--model", "colours.onnx") == 0
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert dream(picture, "-o", "second.png", "--like", "../first.png") == 0


@pytest.mark.parametrize("options", [(), ("--zoom-frames", "2")], ids=["picture", "zoom"])
def test_an_objective_without_gradient_is_an_error_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    black, out = tmp_path / "black.png", tmp_path / ("out.gif" if options else "out.png")
    iio.imwrite(black, np.zeros((64, 64, 3), np.uint8))
    colour_network(tmp_path / "colours.onnx")
    chosen = ("--model", tmp_path / "colours.onnx", "--layer", "conv1", "--channel", "2")
    assert dream(black, "-o", out, *QUICK, *chosen, *options) == 2
    assert "has no gradient on this picture" in capsys.readouterr().err
    assert not list(tmp_path.glob("out*"))


def test_a_deleted_network_is_named(tmp_path: Path, picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, out = tmp_path / "colours.onnx", tmp_path / "out.png"
    colour_network(model)
    assert dream(picture, "-o", out, *QUICK, "--model", model) == 0
    model.unlink()
    assert dream(picture, "-o", tmp_path / "again.png", "--like", out) == 2
    assert "cannot be opened; choose one with --model" in capsys.readouterr().err


def test_saved_settings_include_the_input_options_and_do_not_store_them_for_the_network(
    tmp_path: Path, picture: Path
) -> None:
    model, first, plain, again = (tmp_path / name for name in ("colours.onnx", "first.png", "plain.png", "again.png"))
    colour_network(model)
    assert dream(picture, "-o", plain, *QUICK, "--model", model) == 0
    assert status(["layers", str(model), "--mean", "90,20,0", "--scale", "0.01"]) == 0
    assert dream(picture, "-o", first, *QUICK, "--model", model) == 0
    (remembered,) = tmp_path.glob("*.ventral.json")
    remembered.unlink()
    assert dream(picture, "-o", again, "--like", first) == 0
    assert not remembered.exists()
    assert (pixels(again) == pixels(first)).all()
    assert (pixels(plain) != pixels(first)).any()


def test_another_guide_of_the_same_name_is_refused(
    tmp_path: Path, picture: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, again, guide = (tmp_path / name for name in ("first.png", "again.png", "guide.png"))
    guide.write_bytes(picture.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert dream(picture, "-o", first, *QUICK, "--model", "world", "--guide", "guide.png") == 0
    monkeypatch.chdir(tmp_path.parent)
    assert dream(picture, "-o", again, "--like", first) == 0
    iio.imwrite(guide, np.zeros((40, 40, 3), np.uint8))
    assert dream(picture, "-o", again, "--like", first, "--force") == 2
    assert f"has changed since {first} was made; choose a guide with --guide" in capsys.readouterr().err
    assert dream(picture, "-o", again, "--like", first, "--force", "--guide", picture) == 0


@pytest.mark.parametrize(
    ("size_hw", "octaves"), [((300, 451), 4), ((3024, 4032), 11), ((1, 1), 4), ((32000, 2500), 11)]
)
def test_a_large_picture_begins_as_small_as_a_small_one(size_hw: tuple[int, int], octaves: int) -> None:
    assert DreamOptions().for_picture(size_hw).octaves == octaves
    assert DreamOptions(octaves=3).for_picture(size_hw).octaves == 3


def test_another_network_of_the_same_name_is_refused(
    tmp_path: Path, picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, out = tmp_path / "colours.onnx", tmp_path / "out.png"
    colour_network(model)
    assert dream(picture, "-o", out, *QUICK, "--model", model) == 0
    colour_network(model, sharpness=3.0)
    assert dream(picture, "-o", tmp_path / "again.png", "--like", out) == 2
    assert f"colours has changed since {out} was made; choose a network with --model" in capsys.readouterr().err
    assert dream(picture, "-o", tmp_path / "again.png", "--like", out, "--model", model, "--class", "red") == 0


def test_weights_with_nan_are_refused(tmp_path: Path, picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "colours.onnx"
    colour_network(path)
    model = onnx.load(path)
    kernel = model.graph.initializer[0]
    kernel.CopyFrom(onnx.numpy_helper.from_array(np.full(tuple(kernel.dims), np.nan, np.float32), kernel.name))
    path.write_bytes(model.SerializeToString())
    assert dream(picture, "-o", tmp_path / "out.png", *QUICK, "--model", path) == 2
    assert "colours.onnx is damaged: 9 weights in " in capsys.readouterr().err


def test_a_layer_without_gradient_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    colour_network(tmp_path / "colours.onnx")
    source = tmp_path / "black.png"
    iio.imwrite(source, np.zeros((40, 40, 3), np.uint8))
    assert dream(source, "-o", tmp_path / "out.png", *QUICK, "--model", tmp_path / "colours.onnx") == 2
    assert "has no gradient on this picture; choose another --layer or --channel" in capsys.readouterr().err


def test_a_small_picture_becomes_large_if_no_width_is_given(tmp_path: Path) -> None:
    image = np.random.default_rng(1).integers(0, 256, (60, 100, 3), np.uint8)
    iio.imwrite(tmp_path / "in.png", image)
    words = ("--layer", "block1_conv2", "--octaves", "1", "--steps", "1")
    assert status(["dream", str(tmp_path / "in.png"), "-o", str(tmp_path / "out.png"), *words]) == 0
    assert pixels(tmp_path / "out.png").shape == (768, 1280, 3)
    with Pillow.open(tmp_path / "out.png") as file:
        assert json.loads(file.text["ventral"])["options"]["width"] == 1280  # type: ignore[attr-defined]
