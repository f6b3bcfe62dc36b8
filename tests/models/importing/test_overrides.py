"""Options override what the file says, and are saved beside it."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from models.errors import ModelError, OutputError, SettingError
from models.files import write_atomically
from models.importing.open_network import open_network
from models.importing.overrides import SUFFIX, Overrides
from models.zoo import bundled_path
from realtime.show.options import NetworkOptions
from tests.models.importing.nets import CLASSES, grey, nhwc, segmenter, squeeze
from tests.models.importing.reference import save

NAMES = tuple(f"kind {number}" for number in range(CLASSES))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return save(squeeze(), tmp_path)


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    file = tmp_path / "labels.txt"
    file.write_text("\n".join(NAMES))
    return file


def test_labels_are_read_and_remembered(path: Path, labels: Path) -> None:
    assert open_network(str(path)).info.scores.labels[0] == "class 0"
    assert open_network(str(path), Overrides(labels=labels)).info.scores.labels == NAMES
    assert open_network(str(path)).info.scores.labels == NAMES


@pytest.mark.parametrize("place", [".", "names", "..", "../names"])
def test_labels_are_found_after_network_and_labels_have_moved(tmp_path: Path, labels: Path, place: str) -> None:
    project = tmp_path / "project"
    (project / "models" / "names").mkdir(parents=True)
    (project / "names").mkdir()
    path = save(squeeze(), project / "models")
    labels = labels.rename(path.parent / place / "labels.txt")
    open_network(str(path), Overrides(labels=labels))
    moved = project.rename(tmp_path / "moved") / "models" / path.name
    assert open_network(str(moved)).info.scores.labels == NAMES


def test_labels_elsewhere_are_found_after_the_network_has_moved(tmp_path: Path, labels: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    path = save(squeeze(), tmp_path / "a" / "b")
    open_network(str(path), Overrides(labels=labels))
    moved = (tmp_path / "a" / "b").rename(tmp_path / "moved") / path.name
    assert open_network(str(moved)).info.scores.labels == NAMES


def test_what_was_saved_is_said_once(path: Path, labels: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        for _ in range(2):
            open_network(str(path), Overrides(labels=labels))
    said = [line for line in caplog.messages if line.startswith("saved")]
    assert said == [f"saved the options of {path.name} in {path}{SUFFIX}"]
    assert json.loads(path.with_name(path.name + SUFFIX).read_text()) == {"labels": labels.name}


def test_each_is_saved_until_it_is_given_again(path: Path) -> None:
    open_network(str(path), Overrides(colours="RGB", mean=(1.0, 2.0, 3.0)))
    fed = open_network(str(path), Overrides(mean=(5.0,))).info.input
    assert (fed.colours, fed.mean) == ("RGB", (5.0, 5.0, 5.0))
    assert json.loads(path.with_name(path.name + SUFFIX).read_text()) == {"colours": "RGB", "mean": [5.0]}


def test_mean_turns_round_with_the_colours(path: Path) -> None:
    known = open_network(str(path)).info.input
    turned = open_network(str(path), Overrides(colours="BGR" if known.colours == "RGB" else "RGB")).info.input
    assert turned.mean == known.mean[::-1]


def test_nothing_is_written_without_overrides(path: Path) -> None:
    open_network(str(path))
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_folder_that_cannot_be_written_leaves_the_cache(
    path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: Path, content: bytes) -> None:
        if file.parent == path.parent:
            raise OutputError("read only")
        write_atomically(file, content)

    monkeypatch.setattr("models.importing.overrides.write_atomically", refuse)
    open_network(str(path), Overrides(scale=(0.5,)))
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert open_network(str(path)).info.input.scale == (0.5, 0.5, 0.5)


def test_folder_that_nobody_may_write_is_left_alone(path: Path) -> None:
    path.parent.chmod(0o555)
    try:
        open_network(str(path), Overrides(scale=(0.5,)))
        assert [each.name for each in path.parent.iterdir()] == [path.name]
    finally:
        path.parent.chmod(0o755)


def test_what_does_not_fit_is_not_remembered(path: Path, labels: Path) -> None:
    labels.write_text("one\ntwo\n")
    with pytest.raises(ModelError, match="names 2 classes, but the network has 7"):
        open_network(str(path), Overrides(labels=labels))
    assert open_network(str(path)).info.scores.labels[0] == "class 0"


def test_labels_that_are_gone_are_missed_by_name(path: Path, labels: Path) -> None:
    open_network(str(path), Overrides(labels=labels))
    labels.unlink()
    with pytest.raises(ModelError, match=r"labels\.txt"):
        open_network(str(path))


@pytest.mark.parametrize("content", ["", "[]", '{"mean": "far"}', '{"colours": "PINK"}', "\0"])
def test_damaged_memory_is_refused_in_one_line(path: Path, content: str) -> None:
    path.with_name(path.name + SUFFIX).write_text(content)
    with pytest.raises(ModelError, match="delete the file and give the options again") as caught:
        open_network(str(path))
    assert len(str(caught.value).splitlines()) == 1


def test_layout_decides_where_the_file_leaves_it_open(tmp_path: Path) -> None:
    model = nhwc()
    dims = model.graph.input[0].type.tensor_type.shape.dim
    for dim in dims:
        dim.Clear()
    info = open_network(str(save(model, tmp_path)), Overrides(layout="NHWC")).info
    assert [layer.name for layer in info.layers] == ["one", "two", "three", "cat"]
    with pytest.raises(ModelError):
        open_network(str(tmp_path / "net.onnx"), Overrides(layout="NCHW"))


def test_colours_that_a_network_does_not_have_are_refused(path: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="GREY does not fit"):
        open_network(str(path), Overrides(colours="GREY"))
    with pytest.raises(SettingError, match="one per channel; got 3 numbers for an input with 1 channel"):
        open_network(str(save(grey(), tmp_path, "grey.onnx")), Overrides(mean=(1.0, 2.0, 3.0)))


def test_labels_for_what_names_nothing_are_refused(tmp_path: Path, labels: Path) -> None:
    with pytest.raises(ModelError, match=r"has no classifier; .*, or leave out --labels$"):
        open_network(str(save(segmenter(), tmp_path)), Overrides(labels=labels))


def test_network_with_a_card_takes_overrides_too(tmp_path: Path) -> None:
    fed = open_network("world", Overrides(scale=(0.5,))).info.input
    assert fed.scale == (0.5, 0.5, 0.5)
    assert not bundled_path().with_name(bundled_path().name + SUFFIX).exists()
    copy = tmp_path / "copy.onnx"
    copy.write_bytes(bundled_path().read_bytes())
    open_network(str(copy), Overrides(scale=(0.25,)))
    assert open_network(str(copy)).info.input.scale == (0.25, 0.25, 0.25)


def test_network_with_a_card_has_its_layout(tmp_path: Path) -> None:
    copy = tmp_path / "copy.onnx"
    copy.write_bytes(bundled_path().read_bytes())
    with pytest.raises(SettingError, match="--input-layout NHWC does not fit"):
        open_network(str(copy), Overrides(layout="NHWC"))


def test_command_line_options_become_overrides(path: Path) -> None:
    choice = NetworkOptions(model=str(path), colours="RGB", mean="1, 2,3", scale="0.5")
    assert choice.overrides == Overrides(colours="RGB", mean=(1.0, 2.0, 3.0), scale=(0.5,))
    assert choice.open().info.input.mean == (1.0, 2.0, 3.0)


@pytest.mark.parametrize("text", ["", "a", "1,2", "1,2,3,4", "nan", "inf,1,1", "1e9"])
def test_text_that_is_not_a_number_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match="--mean takes one number, or one per channel such as 104,117,123, but got"):
        _ = NetworkOptions(mean=text).overrides


def test_scale_of_zero_is_refused() -> None:
    with pytest.raises(SettingError, match="--scale"):
        _ = NetworkOptions(scale="0").overrides
