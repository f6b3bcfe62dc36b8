"""`ventral bench --check`: every kind of graph on a provider and on the CPU."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.build.precision import Precision
from models.errors import SettingError, SetupError
from models.importing.open_network import open_network
from realtime.inference.execution.table import KINDS, ProviderChoice
from realtime.inference.open_session import open_session
from realtime.inference.providers import CPU, Provider, fault
from scripts.machine.bench import Where, bench
from scripts.machine.check import agreement
from scripts.machine.check.agreement import Agreement, agreement_table, check_provider, compare, cosine
from scripts.machine.check.examples import Example, examples
from tests.networks import write_headless

NAMES = ["mosaic", "story", "features", "predictions", "Grad-CAM", "saliency", "dream step", "maximize", "key picture"]
WORKING = [kind for kind in KINDS if fault(kind) is None]
FORMATS = [(kind.option, each) for kind in WORKING for each in kind.precisions if each != "int8"]


@pytest.mark.parametrize(("option", "precision"), FORMATS)
def test_every_provider_that_works_here_draws_what_the_cpu_draws(
    option: ProviderChoice, precision: Precision, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "check.json"
    bench(size=64, runs=1, output=output, where=Where(provider=option, check=True, precision=precision))
    rows = json.loads(output.read_text())["check"]
    assert [row["name"] for row in rows] == NAMES
    assert all(row["there"]["wall_ms"] > 0 for row in rows)
    printed = capsys.readouterr().out
    assert printed.count(" same ") == len(NAMES)
    assert "DIFFERS" not in printed


def test_int8_is_compared_with_fp32_where_a_graph_has_it() -> None:
    found = {each.name: each for each in check_provider(open_network("world"), CPU, size=64, runs=1, precision="int8")}
    assert found["features"].difference < 1
    assert found["Grad-CAM"].difference == pytest.approx(1, abs=1e-9)


def test_a_network_without_a_classifier_has_no_predictions(tmp_path: Path) -> None:
    network = open_network(str(write_headless(tmp_path / "plain.onnx")))
    found = list(check_provider(network, CPU, size=32, runs=1))
    assert [each.name for each in found] == [name for name in NAMES if name != "predictions"]
    assert all(each.agrees for each in found)


def test_a_provider_that_draws_something_else_is_told() -> None:
    example = next(each for each in examples(open_network("world"), 64) if each.name == "mosaic")
    good = open_session(example.spec(open_network("world")), CPU).run(example.feeds)
    assert compare(example, good, good, "fp32").agrees
    darker = good | {"picture": (good["picture"] // 2).astype(np.uint8)}
    assert not compare(example, good, darker, "fp32").agrees


@pytest.mark.parametrize(("change", "agrees"), [(1e-3, True), (10.0, False), (np.nan, False)])
def test_a_gradient_must_have_the_same_direction(change: float, agrees: bool) -> None:
    example = Example("dream step", None, (8, 8), {}, "gradient")  # type: ignore[arg-type]
    exact = np.random.default_rng(0).normal(size=(8, 8, 3)).astype(np.float32)
    other = 3 * exact + np.float32(change) * np.random.default_rng(1).normal(size=exact.shape).astype(np.float32)
    assert compare(example, {"gradient": exact}, {"gradient": other}, "fp32").agrees == agrees


def test_two_empty_fields_agree_and_one_does_not() -> None:
    zero, one = np.zeros(4), np.ones(4)
    assert cosine(zero, zero) == 1
    assert cosine(zero, one) == 0
    assert cosine(one, 2 * one) == pytest.approx(1)


def test_a_graph_that_fails_is_a_row_of_the_table_and_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a provider that opens no session: the others are still compared."""
    real = open_session

    def broken(spec: object, provider: Provider) -> object:
        if provider.options:
            raise RuntimeError("no kernel\nfor Conv")
        return real(spec, provider)  # type: ignore[arg-type]

    monkeypatch.setattr(agreement, "open_session", broken)
    found = list(check_provider(open_network("world"), replace(CPU, options=(("a", "1"),)), size=64, runs=1))
    assert {each.fault for each in found} == {"no kernel for Conv"}
    assert agreement_table(found, "fp32")[1][0][:3] == ("mosaic", "fails", "no kernel for Conv")
    monkeypatch.setattr("scripts.machine.bench.check_provider", lambda *_, **__: [Agreement("mosaic", fault="no")])
    with pytest.raises(SetupError, match="differs from the CPU in: mosaic"):
        bench(size=64, runs=1, where=Where(provider="cpu", check=True))


def test_an_option_without_a_value_is_refused() -> None:
    with pytest.raises(SettingError, match="takes a name and a value"):
        Where(provider="cpu", provider_option=("use_tf32",)).choose()
