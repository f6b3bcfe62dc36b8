"""A trained network becomes the bundled one, packed, and is the same network."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import onnx
import pytest

from models.importing.open_network import open_network
from models.zoo import BUNDLED
from scripts.dev import bundle
from scripts.dev.benchmarks.untrained import vgg16_shaped


def test_a_network_is_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    onnx.save(vgg16_shaped("plain", width=0.25), tmp_path / "network.onnx")
    monkeypatch.setattr(bundle, "bundled_path", lambda: tmp_path / "world.onnx")
    bundle.bundle(str(tmp_path))
    network = open_network(str(tmp_path / "world.onnx"))
    assert network.info == dataclasses.replace(open_network(str(tmp_path)).info, name=BUNDLED)
    size = network.path.stat().st_size
    assert size < (tmp_path / "network.onnx").stat().st_size / 3.5
    assert capsys.readouterr().out == f"world.onnx: {size:,} bytes, SHA-256 {network.digest}\n"
