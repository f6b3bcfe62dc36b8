"""A fetched network is kept under its name, with its labels and its input, and opens at once."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.errors import ModelError, OutputError, SettingError
from models.fetching.fetch import MIRROR, fetch
from models.importing.input.normalization import CAFFE, NORMALIZATIONS
from models.importing.open_network import how_to_get, kept_path, open_network
from models.importing.overrides import Overrides
from models.labels import read_labels
from models.onnx_zoo import HOME, LITE, ONNX_ZOO, ZooFile, fetched_path, labels_asset
from models.zoo import ZOO, stored_path
from tests.models.fetching.mirror import Mirror

NAME = "tiny"


def zoo_file(content: bytes, name: str = NAME) -> ZooFile:
    digest = hashlib.sha256(content).hexdigest()
    return ZooFile(name, f"classification/{name}.onnx", len(content), digest, "made for this test", "MIT", CAFFE)


@pytest.fixture
def network(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ZooFile]:  # fmt: skip
    entry = zoo_file(mirror.content)
    monkeypatch.setitem(ONNX_ZOO, NAME, entry)
    monkeypatch.setattr("models.importing.open_network.NAMES", (*ZOO, *ONNX_ZOO))
    monkeypatch.setenv(MIRROR, f"{mirror.address}/files/")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield entry


def silence(_size: int) -> None:
    pass


def test_the_labels_are_those_of_imagenet() -> None:
    labels = read_labels(labels_asset(), 1000)
    assert len(set(labels)) >= 998  # two machines and two birds may share a word
    assert {0: "tench", 281: "tabby", 504: "coffee mug", 999: "toilet tissue"}.items() <= dict(
        enumerate(labels)
    ).items()


@pytest.mark.parametrize("name", ONNX_ZOO)
def test_the_table_is_whole(name: str) -> None:
    entry = ONNX_ZOO[name]
    assert entry.name == name
    assert entry.path.startswith("validated/vision/classification/")
    assert entry.path.endswith(".onnx")
    assert 1e6 < entry.size < 1e9
    assert len(bytes.fromhex(entry.digest)) == 32
    assert entry.normalization in (*NORMALIZATIONS, LITE)
    assert entry.licence in ("Apache-2.0", "BSD-3-Clause", "MIT")


def test_no_file_is_listed_twice() -> None:
    assert len({(entry.path, entry.digest) for entry in ONNX_ZOO.values()}) == len(ONNX_ZOO)
    assert HOME.startswith("https://")


def test_a_fetched_network_has_its_name_labels_and_input(network: ZooFile, mirror: Mirror) -> None:
    assert fetch(network, silence)
    assert mirror.paths == [f"/files/{network.path}"]
    info = open_network(NAME).info
    assert info.name == NAME
    assert (info.input.colours, info.input.mean) == ("BGR", CAFFE.mean)
    assert info.scores.labels == read_labels(labels_asset())
    assert info.trained


def test_what_is_here_is_not_fetched_again(network: ZooFile, mirror: Mirror) -> None:
    assert fetch(network, silence)
    assert not fetch(network, silence)
    assert len(mirror.paths) == 1


def test_a_damaged_file_is_fetched_again(network: ZooFile) -> None:
    fetch(network, silence)
    fetched_path(NAME).write_bytes(b"damaged")
    assert fetch(network, silence)
    open_network(NAME)


def test_what_was_chosen_for_it_stays(network: ZooFile) -> None:
    fetch(network, silence)
    open_network(NAME, Overrides(colours="RGB"))
    assert not fetch(network, silence)
    assert open_network(NAME).info.input.colours == "RGB"


def test_labels_that_are_gone_come_back(network: ZooFile) -> None:
    fetch(network, silence)
    fetched_path(NAME).with_name("imagenet.txt").unlink()
    assert not fetch(network, silence)
    assert open_network(NAME).info.scores.labels[0] == "tench"


def test_the_record_says_where_the_labels_are(network: ZooFile) -> None:
    fetch(network, silence)
    record = json.loads(fetched_path(NAME).with_name(f"{NAME}.onnx.ventral.json").read_text())
    assert record["labels"].endswith("imagenet.txt")
    assert record["mean"] == list(CAFFE.mean)


def test_an_exported_network_goes_first(network: ZooFile) -> None:
    fetch(network, silence)
    stored_path(NAME).write_bytes(b"exported")
    assert kept_path(NAME) == stored_path(NAME)


def test_a_wrong_file_is_not_kept(network: ZooFile, mirror: Mirror) -> None:
    mirror.moods = ["wrong"]
    with pytest.raises(ModelError, match="is another file"):
        fetch(network, silence)
    assert kept_path(NAME) is None
    with pytest.raises(ModelError, match=f"{NAME} is not on this machine; run: ventral fetch {NAME}"):
        open_network(NAME)


def test_two_at_once_fetch_once(network: ZooFile, mirror: Mirror, caplog: pytest.LogCaptureFixture) -> None:
    mirror.moods = ["slow"]
    fetched: list[bool] = []
    started = threading.Event()
    one = threading.Thread(target=lambda: fetched.append(fetch(network, lambda _: started.set())))
    one.start()
    assert started.wait(10)
    with caplog.at_level(logging.INFO):
        fetched.append(fetch(network, silence))
    one.join()
    assert sorted(fetched) == [False, True]
    assert len(mirror.paths) == 1
    assert f"waiting for another process that fetches {NAME}" in caplog.messages


def test_a_mirror_that_is_no_address_is_refused(network: ZooFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MIRROR, "/srv/mirror")
    with pytest.raises(SettingError, match=f"{MIRROR} takes an address such as https://.*, but is '/srv/mirror'"):
        fetch(network, silence)


def test_a_cache_that_cannot_be_written_is_one_line(
    network: ZooFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(OutputError, match=r"cannot write .*tiny\.onnx: Not a directory"):
        fetch(network, silence)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("squeezenet", "ventral fetch squeezenet (5 MB)"),
        ("vgg16", "ventral fetch vgg16 (553 MB), or: ventral export vgg16"),
        ("inception_v3", "ventral export inception_v3"),
    ],
)
def test_every_name_says_how_to_get_it(name: str, words: str, network: ZooFile) -> None:
    assert how_to_get(name) == words
    with pytest.raises(ModelError) as caught:
        open_network(name)
    assert str(caught.value) == f"{name} is not on this machine; run: {words}"
