"""The training data: a folder with a subfolder per class, or a folder without classes."""

import dataclasses
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from models.errors import SourceError
from models.training.config import TrainingConfig
from models.training.data.dataset import NO_CLASS, Dataset
from models.training.distillation.lesson import open_teacher
from realtime.imaging.compositing import resize
from realtime.imaging.frame import Image
from realtime.imaging.reading.folder import EXPECTED, list_folder, pictures_in, say_what_is_left_out
from realtime.imaging.reading.read_picture import read_picture
from realtime.inference.engine import Engine
from realtime.inference.predictions import classify
from realtime.inference.providers import choose
from scripts.networks.training.clusters import cluster

log = logging.getLogger(__name__)


def load_dataset(source: str, config: TrainingConfig, *, clusters: int = 3, unlabelled: Sequence[str] = ()) -> Dataset:
    """The pictures of a folder, as squares of the side that training needs.

    Pictures in the subfolders `unlabelled` have no class. If no subfolder has one, the classes are those that the
    teacher sees, or else `clusters` clusters of an embedding by the teacher or the network to start from. Unreadable
    pictures are logged and skipped. SourceError when there are too few pictures, or when a subfolder is missing.
    """
    if not source:
        raise SourceError("the folder name is empty: expected a folder with a subfolder of pictures for each class")
    folder = Path(source)
    classes = [each for each in list_folder(folder) if each.is_dir() and pictures_in(each)]
    _check_names(unlabelled, folder, classes)
    if not classes:
        say_what_is_left_out(folder)
        loaded = _read(folder, pictures_in(folder), config.side)
        return _classified(loaded, config) or _clustered(loaded, clusters, config)
    for each in classes:
        say_what_is_left_out(each)
    loaded = _read(folder, [file for each in classes for file in pictures_in(each)], config.side)
    names = tuple(each.name for each in classes if each.name not in unlabelled)
    numbers = {name: number for number, name in enumerate(names)}
    labels = np.array([numbers.get(Path(name).parts[0], NO_CLASS) for name in loaded.names], np.int64)
    strays = tuple(f"{file.name}: not in the subfolder of a class" for file in pictures_in(folder))
    dataset = Dataset(loaded.images, labels, names, loaded.names, skipped=loaded.skipped + strays)
    dataset.check()
    return dataset


def _check_names(unlabelled: Sequence[str], folder: Path, subfolders: Sequence[Path]) -> None:
    for name in unlabelled:
        if name not in {each.name for each in subfolders}:
            raise SourceError(f"--unlabelled {name}: the folder '{folder}' has no subfolder of pictures of that name")


def _classified(pictures: Dataset, config: TrainingConfig) -> Dataset | None:
    """The pictures with the classes that the teacher sees; None without a teacher that has classes."""
    network = open_teacher(config.teacher) if config.teacher else None
    if network is None or network.info.classifier is None:
        return None
    with Engine(choose("auto")) as engine:
        labels = [classify(engine, network, image, count=1)[0].index for image in pictures.images]
    return dataclasses.replace(
        pictures,
        labels=np.array(labels, np.int64),
        classes=network.info.classifier.labels,
        classified_by=network.info.name,
    )


def _clustered(pictures: Dataset, clusters: int, config: TrainingConfig) -> Dataset:
    dataset = cluster(pictures, clusters, start=config.teacher or config.start, seed=config.seed)
    if len(dataset.classes) < clusters:
        log.warning("found %d clusters of at least 2 pictures instead of %d", len(dataset.classes), clusters)
    return dataset


def _read(folder: Path, files: Sequence[Path], size: int) -> Dataset:
    """Read all readable pictures, in order, without classes."""
    with ThreadPoolExecutor(2) as readers:
        results = list(readers.map(partial(_read_resized, size=size), files))
    good = [(file, image) for file, image in zip(files, results, strict=True) if not isinstance(image, str)]
    skipped = tuple(reason for reason in results if isinstance(reason, str))
    for reason in skipped:
        log.warning("skipped %s", reason)
    if not good:
        raise SourceError(f"no readable picture in the folder '{folder}': {EXPECTED}")
    names = tuple(file.relative_to(folder).as_posix() for file, _ in good)
    return Dataset(np.stack([image for _, image in good]), np.zeros(len(good), np.int64), (), names, skipped=skipped)


def _read_resized(file: Path, *, size: int) -> Image | str:
    """A picture at the training size, or the error."""
    try:
        return resize(read_picture(file), (size, size))
    except SourceError as error:
        return f"{file.parent.name}/{error}"
