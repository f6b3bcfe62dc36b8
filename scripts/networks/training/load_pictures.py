"""Pictures to train on: a folder with a subfolder per class, a folder without classes, or drawn textures."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from models.errors import SourceError
from models.training.pictures import Dataset
from realtime.capture.pictures import SUFFIXES, read_picture
from realtime.imaging.compositing import resize
from realtime.imaging.frame import Image
from scripts.dev.textures import CLASSES
from scripts.dev.textures.dataset import pictures as draw_textures
from scripts.networks.training.clusters import cluster

log = logging.getLogger(__name__)

TEXTURES = "textures"
PER_CLASS = 200
"""Pictures drawn of each texture."""


def gather(source: str, size: int, *, groups: int, start: str, seed: int) -> Dataset:
    """The pictures of a folder, squeezed to `size` x `size`; `textures` draws the project's own.

    Where there are no classes, `groups` clusters of embeddings stand in for them; the network `start` embeds.
    Broken pictures are named in the log and passed over. SourceError when too little is left.
    """
    if source == TEXTURES:
        images, labels = draw_textures(seed, PER_CLASS, size)
        return Dataset(images, labels, tuple(CLASSES), tuple(CLASSES[label] for label in labels))
    if not source:
        raise SourceError("the folder has no name; expected a folder with a subfolder of pictures for each class")
    folder = Path(source)
    classes = _class_folders(folder)
    if not classes:
        return _grouped(_read(folder, _pictures_in(folder), size), groups, start=start, seed=seed)
    files = [file for each in classes for file in _pictures_in(each)]
    found = _read(folder, files, size)
    names = tuple(each.name for each in classes)
    labels = np.array([names.index(Path(name).parts[0]) for name in found.names], np.int64)
    strays = tuple(f"{file.name}: lies beside the folders of the classes" for file in _pictures_in(folder))
    pictures = Dataset(found.images, labels, names, found.names, skipped=found.skipped + strays)
    pictures.check()
    return pictures


def _grouped(loose: Dataset, groups: int, *, start: str, seed: int) -> Dataset:
    found = cluster(loose, groups, start=start, seed=seed)
    if len(found.classes) < groups:
        log.warning("the pictures fall into %d groups of 2 or more, not into %d", len(found.classes), groups)
    return found


def _class_folders(folder: Path) -> list[Path]:
    """The subfolders that hold pictures, by name."""
    return [each for each in _listed(folder) if each.is_dir() and each.name[0] != "." and _pictures_in(each)]


def _pictures_in(folder: Path) -> list[Path]:
    return [each for each in _listed(folder) if each.suffix.lower() in SUFFIXES and each.name[0] != "."]


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise SourceError(
            f"cannot read the folder {folder}: {error.strerror}; expected a folder with a subfolder of pictures for"
            f" each class, or the word {TEXTURES}"
        ) from error


def _read(folder: Path, files: Sequence[Path], size: int) -> Dataset:
    """Read all that can be read, in order, with no classes yet."""
    with ThreadPoolExecutor(2) as readers:
        results = list(readers.map(partial(_squeezed, size=size), files))
    good = [(file, image) for file, image in zip(files, results, strict=True) if not isinstance(image, str)]
    skipped = tuple(reason for reason in results if isinstance(reason, str))
    for reason in skipped:
        log.warning("left out %s", reason)
    if not good:
        raise SourceError(f"no good picture in the folder {folder}; expected files {' '.join(sorted(SUFFIXES))}")
    names = tuple(file.relative_to(folder).as_posix() for file, _ in good)
    images = np.stack([image for _, image in good])
    return Dataset(images, np.zeros(len(good), np.int64), (), names, skipped=skipped)


def _squeezed(file: Path, *, size: int) -> Image | str:
    """A picture at the size that the network learns from, or what is wrong with it."""
    try:
        return resize(read_picture(file), (size, size))
    except SourceError as error:
        return f"{file.parent.name}/{error}"
