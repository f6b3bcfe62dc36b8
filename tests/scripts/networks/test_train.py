"""The command that trains: what it reads, and how it fails."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from models.errors import SourceError
from models.importing.open_network import open_network
from models.training.config import TrainingConfig
from models.training.data.dataset import NO_CLASS
from models.zoo import BUNDLED
from scripts.cli import status
from scripts.networks.train import check_output, train
from scripts.networks.training.load_dataset import load_dataset
from tests.networks import write_headless
from tests.pictures import ODD, colours, draw

SMALL = TrainingConfig(size=32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return colours(tmp_path / "pictures")


def test_a_folder_without_classes_is_clustered(tmp_path: Path) -> None:
    draw(tmp_path, "a", 6, (170, 0, 0))
    draw(tmp_path, "b", 9, (0, 0, 170))
    loose = tmp_path / "loose"
    loose.mkdir()
    for file in tmp_path.glob("[ab]/*.png"):
        file.rename(loose / f"{file.parent.name}{file.name}")
    dataset = load_dataset(str(loose), SMALL, clusters=2)
    assert dataset.classes == ("cluster 1", "cluster 2")
    assert dataset.clustered_by == "world"
    assert list(np.bincount(dataset.labels)) == [9, 6]
    assert {name[0] for name, label in zip(dataset.names, dataset.labels, strict=True) if label == 0} == {"b"}


def test_fewer_clusters_than_requested_are_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for number, colour in enumerate(((170, 0, 0), (0, 0, 170))):
        draw(tmp_path, f"kind{number}", 2, colour)
        for file in (tmp_path / f"kind{number}").iterdir():
            (tmp_path / "loose").mkdir(exist_ok=True)
            file.rename(tmp_path / "loose" / f"{number}{file.name}")
    assert len(load_dataset(str(tmp_path / "loose"), SMALL, clusters=99).classes) == 2
    assert "found 2 clusters of at least 2 pictures instead of 99" in caplog.text


def test_names_and_labels_agree_and_strays_are_named(folder: Path) -> None:
    (folder / "stray.png").write_bytes((folder / "red" / "0.png").read_bytes())
    dataset = load_dataset(str(folder), SMALL)
    assert dataset.images.shape == (24, 32, 32, 3)
    assert all(
        Path(name).parts[0] == dataset.classes[label] for name, label in zip(dataset.names, dataset.labels, strict=True)
    )
    assert [line.split(":")[0] for line in dataset.skipped] == ["red/<i>.jpg", "stray.png"]


def test_pictures_of_an_unlabelled_subfolder_have_no_class(folder: Path) -> None:
    dataset = load_dataset(str(folder), SMALL, unlabelled=("green",))
    assert dataset.classes == (ODD, "red")
    names = [Path(name).parts[0] for name in dataset.names]
    assert all((label == NO_CLASS) == (name == "green") for name, label in zip(names, dataset.labels, strict=True))


def test_a_teacher_classifies_pictures_without_classes(folder: Path) -> None:
    config = TrainingConfig(size=32, teacher=BUNDLED)
    dataset = load_dataset(str(folder / "red"), config)
    assert dataset.classified_by == BUNDLED
    assert dataset.classes == open_network(BUNDLED).info.scores.labels
    assert dataset.images.shape == (8, config.side, config.side, 3)
    assert [line.split(":")[0] for line in dataset.skipped] == ["red/<i>.jpg"]


def test_a_teacher_without_classes_groups_them_by_its_embedding(tmp_path: Path) -> None:
    draw(tmp_path, "loose", 6, (170, 0, 0))
    teacher = write_headless(tmp_path / "headless.onnx")
    dataset = load_dataset(str(tmp_path / "loose"), TrainingConfig(size=32, teacher=str(teacher)), clusters=2)
    assert dataset.clustered_by == "headless"


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({}, "no readable picture in the folder"),
        ({"a": 3}, r"at least 2 classes, but got only 'a'"),
        ({"a": 3, "b": 1}, "class 'b': expected at least 2 readable pictures, but got 1"),
        ({".": 3}, "cannot cluster 3 pictures without classes"),
    ],
)
def test_too_few_pictures_end_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], counts: dict[str, int], words: str
) -> None:
    for name, count in counts.items():
        draw(tmp_path / "in", name, count, (9, 9, 9))
    (tmp_path / "in").mkdir(exist_ok=True)
    assert status(["train", str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert re.search(words, said)
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"cannot read the folder '.*nowhere': No such file"):
        train(str(tmp_path / "nowhere"), output=tmp_path / "out")
    with pytest.raises(SourceError, match="the folder name is empty"):
        train("", output=tmp_path / "out")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--size", "8"], "--size takes 32 to 512"),
        (["--epochs", "0"], "--epochs takes 1 to 10000"),
        (["--weights", "none"], "--weights is only for a Keras network (--from"),
        (["--from", "vgg61"], "'vgg61' is neither a known network nor a file"),
        (["--classes", "1"], "--classes takes 2 to 1000"),
        (["--teacher", "nobody"], "'nobody' is neither a known network nor a file"),
        (["--teacher", BUNDLED, "--teacher-layers", "conv9"], f"layer 'conv9' is not in {BUNDLED}"),
        (["--teacher-layers", "conv9"], "--teacher-layers needs --teacher"),
        (["--unlabelled", "blue"], "--unlabelled blue: the folder"),
        (["--validation", "0.6"], "--validation takes 0.02 to 0.5"),
    ],
)
def test_options_that_make_no_sense_end_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    if "--classes" in options:
        folder /= "green"
    assert status(["train", str(folder), "-o", str(folder.parent / "out"), *options]) == 2
    assert words in capsys.readouterr().err
    assert not (folder.parent / "out").exists()


def test_what_is_not_ours_is_left_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["train", str(folder), "-o", str(folder)]) == 2
    assert "has other files, such as" in capsys.readouterr().err
    assert status(["train", str(folder), "-o", str(folder / "red" / "0.png")]) == 2
    assert "is a file: expected a new or an empty folder" in capsys.readouterr().err
    empty = folder.parent / "empty"
    empty.mkdir()
    check_output(empty)
    assert not list(empty.iterdir())
