"""The training data: a folder with a subfolder per class, or a folder without classes."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from models.errors import SourceError
from models.training.dataset import Dataset
from realtime.capture.pictures import SUFFIXES, list_folder, pictures_in, read_picture
from realtime.imaging.compositing import resize
from realtime.imaging.frame import Image
from scripts.networks.training.clusters import cluster

log = logging.getLogger(__name__)


def load_dataset(source: str, size: int, *, clusters: int, start: str, seed: int) -> Dataset:
    """The pictures of a folder, resized to `size` x `size`.

    Pictures without classes get `clusters` clusters of an embedding by the network `start`. Unreadable pictures are
    logged and skipped. SourceError when there are too few pictures.
    """
    if not source:
        raise SourceError("the folder name is empty: expected a folder with a subfolder of pictures for each class")
    folder = Path(source)
    classes = [each for each in list_folder(folder) if each.is_dir() and pictures_in(each)]
    if not classes:
        return _clustered(_read(folder, pictures_in(folder), size), clusters, start=start, seed=seed)
    loaded = _read(folder, [file for each in classes for file in pictures_in(each)], size)
    names = tuple(each.name for each in classes)
    labels = np.array([names.index(Path(name).parts[0]) for name in loaded.names], np.int64)
    strays = tuple(f"{file.name}: not in the subfolder of a class" for file in pictures_in(folder))
    dataset = Dataset(loaded.images, labels, names, loaded.names, skipped=loaded.skipped + strays)
    dataset.check()
    return dataset


def _clustered(unlabelled: Dataset, clusters: int, *, start: str, seed: int) -> Dataset:
    dataset = cluster(unlabelled, clusters, start=start, seed=seed)
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
        raise SourceError(f"no readable picture in the folder '{folder}': expected {' '.join(sorted(SUFFIXES))}")
    names = tuple(file.relative_to(folder).as_posix() for file, _ in good)
    return Dataset(np.stack([image for _, image in good]), np.zeros(len(good), np.int64), (), names, skipped=skipped)


def _read_resized(file: Path, *, size: int) -> Image | str:
    """A picture at the training size, or the error."""
    try:
        return resize(read_picture(file), (size, size))
    except SourceError as error:
        return f"{file.parent.name}/{error}"
