"""The table of execution providers, and the steps in which each is checked."""

from __future__ import annotations

from typing import get_args

import numpy as np
import onnxruntime as ort
import pytest

from models.errors import SetupError
from realtime.inference import providers
from realtime.inference.execution.kind import ProviderKind
from realtime.inference.execution.table import BY_NAME, BY_OPTION, KINDS, ProviderChoice
from realtime.inference.providers import CPU, Provider, choose, fault

WORKING = [kind for kind in KINDS if fault(kind) is None]


def test_every_row_can_be_chosen_by_a_name_of_its_own() -> None:
    assert {"auto", *BY_OPTION} == set(get_args(ProviderChoice))
    assert len(BY_OPTION) == len(BY_NAME) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=BY_OPTION)
def test_a_provider_works_or_one_line_says_why_not(kind: ProviderKind) -> None:
    if kind in WORKING:
        assert choose(kind.option) == Provider(kind.name)  # type: ignore[arg-type]
        return
    with pytest.raises(SetupError) as caught:
        choose(kind.option)  # type: ignore[arg-type]
    message = str(caught.value)
    assert message.startswith(f"{kind.name} is not available: ")
    assert message.endswith("; run: ventral doctor")
    assert "\n" not in message


def test_the_cpu_always_works_and_takes_every_node() -> None:
    assert BY_OPTION["cpu"] in WORKING
    assert providers.Session(providers._trial_graph(), CPU).on_the_cpu == ()


@pytest.mark.parametrize("kind", WORKING[1:], ids=lambda kind: kind.option)
def test_a_provider_that_works_takes_the_trial_graph(kind: ProviderKind) -> None:
    session = providers.Session(providers._trial_graph(), Provider(kind.name))
    assert session.on_the_cpu == ()
    assert session.run({"x": np.ones((1, 3, 8, 8), np.float32)})["y"][0, 0, 4, 4] == pytest.approx(27, rel=0.01)


def test_what_is_not_in_this_onnxruntime_names_the_package_that_has_it() -> None:
    absent = [kind for kind in KINDS if kind.full_name not in ort.get_available_providers()]
    assert absent
    for kind in absent:
        assert f"built without {kind.registered}; it is in {kind.package}" in (fault(kind) or "")


def test_a_provider_that_is_listed_but_does_not_come_up_is_found_out(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """CUDA is such a provider where its libraries are missing: ONNX Runtime uses the CPU in silence."""
    absent = next(kind for kind in KINDS if kind not in WORKING)
    listed = [*ort.get_available_providers(), absent.full_name]
    monkeypatch.setattr(ort, "get_available_providers", lambda: listed)
    kind = ProviderKind(absent.name, absent.option, absent.registered, absent.package)
    assert "a first run failed: " in (fault(kind) or "")
    assert "\n" not in (fault(kind) or "")
    assert capfd.readouterr().err == ""


def test_options_of_the_caller_replace_those_of_the_table() -> None:
    options = BY_NAME["CUDA"].open_with(2, "fp16", {"use_tf32": "0"})
    assert options["use_tf32"] == "0"
    assert options["cudnn_conv_algo_search"] == "HEURISTIC"
    plain, rounded = (BY_NAME["OpenVINO"].open_with(2, each, {}) for each in ("fp32", "bf16"))
    assert plain["num_of_threads"] == "2"
    assert "bf16" in rounded["load_config"]
    assert "load_config" not in plain
