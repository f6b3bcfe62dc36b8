"""The precision of a show: int8 where it is faster and exact enough, or where it is asked for."""

from __future__ import annotations

import logging
import time

import numpy as np
import pytest

from models.build.precision import Precision, PrecisionChoice
from models.importing.open_network import open_network
from realtime.capture.pattern import Pattern
from realtime.inference import format_trial
from realtime.inference.engine import Engine
from realtime.inference.format_trial import DreamTrial, ViewTrial, worst_tenth
from realtime.inference.integers_check import integers_work
from realtime.inference.open_session import open_session
from realtime.inference.precision import ShowPrecision
from realtime.inference.providers import CPU, Provider, Session

LAYER, SIZE_HW = "block3_conv1", (64, 80)


def decided(
    choice: PrecisionChoice,
    layer: str = LAYER,
    *,
    background: bool = True,
    int8: bool = True,
    dream: bool = False,
    provider: Provider = CPU,
) -> Precision:
    """The precision once a show has run long enough to measure; `int8` where it would rather have that."""
    image = Pattern().read()
    with Engine(provider, background=background) as engine:
        show = ShowPrecision(choice, open_network("world"), engine)
        deadline = time.monotonic() + 30
        show.update(layer, image, SIZE_HW, dream=dream)
        while show.trying(dream=dream):
            assert time.monotonic() < deadline
            time.sleep(0.02)
            show.update(layer, image, SIZE_HW, dream=dream)
        return show.at(int8=int8, dream=dream)


@pytest.mark.parametrize(("ratio", "exact", "expected"), [(0.5, 0.0, "int8"), (0.95, 0.0, "fp32"), (0.5, 1e9, "fp32")])
def test_auto_takes_int8_where_it_helps_is_faster_and_exact(
    monkeypatch: pytest.MonkeyPatch, ratio: float, exact: float, expected: Precision
) -> None:
    monkeypatch.setattr(format_trial, "shortest_times", lambda *_: {"fp32": 1.0, "int8": ratio})
    monkeypatch.setattr(ViewTrial, "exact", exact)
    assert decided("auto") == expected
    assert decided("auto", int8=False) == "fp32"


@pytest.mark.parametrize(("ratio", "exact", "expected"), [(0.5, 0.0, "int8"), (0.95, 0.0, "fp32"), (0.5, 1.0, "fp32")])
def test_a_dream_takes_int8_where_its_own_graph_is_faster_and_points_the_same_way(
    monkeypatch: pytest.MonkeyPatch, ratio: float, exact: float, expected: Precision
) -> None:
    monkeypatch.setattr(format_trial, "shortest_times", lambda *_: {"fp32": 1.0, "int8": ratio})
    monkeypatch.setattr(DreamTrial, "exact", exact)
    assert decided("auto", int8=False, dream=True) == expected


def test_what_is_asked_for_is_not_measured() -> None:
    assert decided("int8", int8=False) == "int8"
    assert decided("fp32") == "fp32"


def test_an_onnx_runtime_that_computes_integers_wrongly_computes_in_fp32(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Version 1.24 gives zeros where the bias belongs."""
    integers_work.cache_clear()
    monkeypatch.setattr(Session, "run", lambda *_: {"y": np.zeros((1, 16, 8, 8), np.uint8)})
    with Engine(CPU, background=True) as engine:
        assert ShowPrecision("int8", open_network("world"), engine).at(int8=True) == "fp32"
    assert "computes int8 wrongly" in caplog.text
    integers_work.cache_clear()


def test_the_installed_onnx_runtime_computes_integers_rightly() -> None:
    assert integers_work()


def test_files_are_computed_in_fp32() -> None:
    assert decided("auto", background=False) == "fp32"


def test_a_fault_while_measuring_leaves_fp32(caplog: pytest.LogCaptureFixture) -> None:
    assert decided("auto", layer="no such layer") == "fp32"
    assert "int8 was not tried" in caplog.text


@pytest.mark.parametrize(
    ("provider", "choice"), [(Provider("CUDA"), "int8"), (CPU, "fp16"), (Provider("CoreML"), "int8")]
)
def test_a_provider_without_a_format_computes_in_fp32_and_says_so(
    provider: Provider, choice: PrecisionChoice, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), Engine(provider, background=True) as engine:
        show = ShowPrecision(choice, open_network("world"), engine)
        show.update(LAYER, Pattern().read(), SIZE_HW)
        assert show.at(int8=True) == "fp32"
    assert f"{choice} is not for the provider {provider.name}, which computes in fp32" in caplog.text


def test_fp16_that_is_asked_for_goes_with_the_gpu_that_is_lost() -> None:
    with Engine(Provider("CUDA"), background=True) as engine:
        show = ShowPrecision("fp16", open_network("world"), engine)
        assert show.at(int8=False) == "fp16"
        engine.provider = Provider("CPU", "CUDA failed: lost")
        assert show.at(int8=False) == "fp32"


@pytest.mark.parametrize(("ratio", "exact", "expected"), [(0.5, 40.0, "fp16"), (0.95, 0.0, "fp32"), (0.5, 1e9, "fp32")])
def test_auto_takes_fp16_wherever_it_is_faster(
    monkeypatch: pytest.MonkeyPatch, ratio: float, exact: float, expected: Precision
) -> None:
    """The graphs are those of a GPU; the sessions run on the CPU, which rounds to half precision too."""
    monkeypatch.setattr(format_trial, "shortest_times", lambda *_: {"fp32": 1.0, "fp16": ratio})
    monkeypatch.setattr(ViewTrial, "exact", exact)
    monkeypatch.setattr(format_trial, "open_session", lambda spec, provider, **_: open_session(spec, CPU))
    assert decided("auto", provider=Provider("CUDA"), int8=False) == expected


def test_a_provider_with_one_format_is_not_measured() -> None:
    with Engine(Provider("CoreML"), background=True) as engine:
        assert not ShowPrecision("auto", open_network("world"), engine).trying()


def test_exactness_is_that_of_nine_tenths_of_the_active_channels() -> None:
    exact = np.random.default_rng(0).uniform(0, 1, (20, 8, 8)).astype(np.float32)
    exact[:, 0, 0] = 1
    near = exact + np.float32(0.01)
    near[0] += 1  # one of twenty channels may be wrong
    assert worst_tenth(exact, near) == pytest.approx(40, abs=0.5)
    assert worst_tenth(np.zeros_like(exact), near) == np.inf
