"""Predictions: top-k, smoothing, in the background of a show and in step with a film."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.build.build import build
from models.errors import ModelError
from models.importing.open_network import open_network
from models.spec import Network, Prediction
from realtime.canvas.captions import draw_prediction_panel
from realtime.canvas.layout import arrange, status_height
from realtime.canvas.pipeline import Pipeline
from realtime.controls.controls import Controls, Snapshot
from realtime.imaging.compositing import background
from realtime.imaging.frame import Frame, Image
from realtime.imaging.text import ACCENT
from realtime.inference.engine import Engine
from realtime.inference.predictions import classify, is_sure, scores_spec, top
from realtime.inference.predictor import Predictor, Smoothed
from realtime.inference.providers import CPU
from realtime.show.make_controls import make_controls
from realtime.views.registry import find_views
from tests.networks import COLOURS, colour_network
from tests.screen import until


def flat(colour: str, size_hw: tuple[int, int] = (40, 60)) -> Image:
    image = np.full((*size_hw, 3), 40, np.uint8)
    image[..., COLOURS.index(colour)] = 220
    return image


def settings(network: Network, **changes: object) -> Snapshot:
    controls: Controls = make_controls(network.info, find_views())
    controls.set("predict/on", True)
    for name, value in changes.items():
        controls.set(f"predict/{name}", value)  # type: ignore[arg-type]
    return controls.snapshot()


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("colour", COLOURS)
def test_the_classifier_finds_the_colour(tmp_path: Path, engine: Engine, colour: str, apart: bool) -> None:
    colour_network(tmp_path / "colours.onnx", apart=apart)
    predictions = classify(engine, open_network(str(tmp_path / "colours.onnx")), flat(colour))
    assert predictions[0].label == colour
    assert predictions[0].index == COLOURS.index(colour)
    assert sum(each.probability for each in predictions) == pytest.approx(1.0, abs=1e-5)
    expected = np.exp(10 * (flat(colour)[0, 0] / 255))
    assert predictions[0].probability == pytest.approx(float(expected.max() / expected.sum()), abs=1e-5)


def test_a_network_without_a_classifier_is_an_error() -> None:
    network = open_network("world")
    network = dataclasses.replace(network, info=dataclasses.replace(network.info, classifier=None))
    with pytest.raises(ModelError, match="no classifier"):
        scores_spec(network)


@pytest.mark.parametrize("harm", ["missing", "other"])
def test_a_classifier_of_another_network_is_refused(tmp_path: Path, harm: str) -> None:
    colour_network(tmp_path / "colours.onnx", apart=True, sharpness=3.0)
    apart = tmp_path / "colours.classifier.onnx"
    if harm == "missing":
        apart.unlink()
    else:
        apart.write_bytes(apart.read_bytes()[:-9])
    with pytest.raises(ModelError, match="classifier of colours is missing or damaged"):
        build(scores_spec(open_network(str(tmp_path / "colours.onnx"))))


def test_a_damaged_classifier_in_the_cache_is_made_anew(tmp_path: Path, engine: Engine) -> None:
    colour_network(tmp_path / "colours.onnx", apart=True, sharpness=7.0)
    network = open_network(str(tmp_path / "colours.onnx"))
    part = build(scores_spec(network)).parent / "classifier.bin"
    part.write_bytes(b"damage")
    (part.parent / f"{build(scores_spec(network)).name}").unlink()
    assert classify(engine, network, flat("green"))[0].label == "green"
    assert part.read_bytes() != b"damage"


def test_top_is_sorted_and_stable() -> None:
    predictions = top(np.array([0.1, 0.4, 0.1, 0.4], np.float32), ("a", "b", "c", "d"), 3)
    assert [each.label for each in predictions] == ["b", "d", "a"]


def test_smoothing_follows_within_its_time_constant() -> None:
    smoothed, old, new = Smoothed(), np.array([1.0, 0.0], np.float32), np.array([0.0, 1.0], np.float32)
    smoothed.update(old, 0.0, seconds=1.0)
    smoothed.update(new, 0.1, seconds=1.0)
    assert smoothed.scores is not None
    assert smoothed.scores[1] == pytest.approx(1 - np.exp(-0.1), abs=1e-5)
    for step in range(50):
        smoothed.update(new, 0.2 + 0.1 * step, seconds=1.0)
    assert smoothed.scores[1] > 0.98
    smoothed.update(old, 6.0, seconds=0.0)
    assert smoothed.scores[0] == 1.0


def test_a_film_is_classified_at_the_chosen_rate(network: Network, engine: Engine) -> None:
    predictor, chosen = Predictor(network, engine), settings(network, rate=2.0, smooth=0.0)
    engine.wait(scores_spec(network), 20)
    predictions = [
        predictor.update(flat("red" if index else "blue"), chosen, index / 10)[0].label for index in range(10)
    ]
    assert predictions == ["blue"] * 5 + ["red"] * 5


def test_the_show_waits_for_nothing(network: Network) -> None:
    chosen = settings(network, rate=30.0, smooth=0.0)
    with Engine(CPU, background=True) as engine:
        predictor = Predictor(network, engine)

        def see(colour: str) -> tuple[Prediction, ...]:
            return predictor.update(flat(colour), chosen, time.monotonic())

        assert see("green") == ()
        until(lambda: bool(see("green")), "the first names")
        assert see("green")[0].label == "green"
        until(lambda: see("red")[0].label == "red", "the newer name")
        assert predictor.note == ""
        engine.check()


def test_an_error_is_logged_once_and_the_show_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    colour_network(tmp_path / "colours.onnx", apart=True, sharpness=4.0)
    network = open_network(str(tmp_path / "colours.onnx"))
    (tmp_path / "colours.classifier.onnx").unlink()
    with Engine(CPU, background=True) as engine:
        predictor = Predictor(network, engine)
        until(lambda: bool(predictor.update(flat("red"), settings(network), 0.0) or predictor.note), "the reason")
        assert "missing or damaged" in predictor.note
        assert predictor.update(flat("red"), settings(network), 1.0) == ()
        engine.check()
    assert len([record for record in caplog.records if "no predictions" in record.message]) == 1


def test_predictions_return_after_an_error_is_fixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.inference.engine.RETRY", 0.1)
    colour_network(tmp_path / "colours.onnx", apart=True)
    network, missing = open_network(str(tmp_path / "colours.onnx")), tmp_path / "colours.classifier.onnx"
    missing.rename(tmp_path / "elsewhere")
    with Engine(CPU, background=True) as engine:
        predictor = Predictor(network, engine)

        def see() -> tuple[Prediction, ...]:
            return predictor.update(flat("red"), settings(network), time.monotonic())

        until(lambda: see() or predictor.note, "the reason")
        (tmp_path / "elsewhere").rename(missing)
        until(see, "the names")
        assert predictor.note == ""


def test_predictions_are_drawn_in_every_layout(network: Network, engine: Engine) -> None:
    predictions = (
        Prediction(0, "a rather long name of something that is seldom seen", 0.75),
        Prediction(1, "short", 0.2),
    )
    for name in ("side", "inset", "full"):
        for canvas_hw in ((720, 1280), (1280, 720), (240, 320)):
            canvas = background(canvas_hw)
            draw_prediction_panel(canvas, arrange(name, canvas_hw, (480, 640)), predictions)
            assert (canvas.max(axis=2) > 200).sum() > 100, (name, canvas_hw)
            assert (canvas[-status_height(canvas_hw) :] == background(canvas_hw)[0, 0]).all()


def test_predictions_reach_the_canvas(network: Network, engine: Engine) -> None:
    pipeline = Pipeline(network, engine, find_views(), canvas_hw=(360, 640), short_side=48)
    frame = Frame(flat("blue"), 0, 0.0)
    controls = make_controls(network.info, find_views())
    without = pipeline.draw_when_ready(frame, controls.snapshot(), 0.0).frame.image
    controls.press("p")
    with_names = pipeline.draw_when_ready(frame, controls.snapshot(), 1.0).frame.image
    assert (without != with_names).any()


@pytest.mark.parametrize("view", [view.name for view in find_views()])
@pytest.mark.parametrize("layout", ["side", "full"])
def test_not_sure_is_said_in_place_of_the_predictions(network: Network, engine: Engine, view: str, layout: str) -> None:
    """In quiet letters, without a bar; the same whatever is less likely than the threshold."""
    controls = make_controls(network.info, find_views())
    for path, value in (("show/view", view), ("show/layout", layout), ("show/fade", 0.0), ("predict/threshold", 1.0)):
        controls.set(path, value)

    def last() -> Image:
        pipeline = Pipeline(network, engine, find_views(), canvas_hw=(360, 640), short_side=48)
        for number in range(3):
            now = number / 10
            canvas = pipeline.draw_when_ready(Frame(flat("blue"), number, now), controls.snapshot(), now)
        return canvas.frame.image

    def bars(image: Image) -> int:
        return int(((image == ACCENT).all(axis=2) & changed(image)).sum())

    def changed(image: Image) -> NDArray[np.bool_]:
        return np.asarray((image != without).any(axis=2))

    without = last()
    controls.press("p")
    unsure = last()
    controls.set("predict/threshold", 0.1)
    assert changed(unsure).sum() > 30
    assert bars(unsure) == 0
    assert bars(last()) > 50


@pytest.mark.parametrize(
    ("label", "probability", "sure"),
    [("cup", 0.31, True), ("cup", 0.29, False), ("something else", 0.95, False)],
)
def test_what_is_unlikely_or_nothing_is_not_said(label: str, probability: float, sure: bool) -> None:
    others = (Prediction(1, "hat", 0.05),)
    assert is_sure((Prediction(0, label, probability), *others)) == sure
    assert is_sure((Prediction(0, label, probability), *others), 0.0) == (label == "cup")
    assert not is_sure(())
