"""A labelled dataset of textures, drawn in memory."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.textures.table import CLASSES, draw

SEEDS = 1_000_000  # seeds per dataset, so that datasets with different seeds have no picture in common


def draw_dataset(seed: int, per_class: int, size: int = 96) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """`per_class` pictures of every class, uint8 BGR (n, size, size, 3), and their labels (n,), ordered by class.

    Uses all cores. The same seed gives the same pictures.
    """
    spawn = multiprocessing.get_context("spawn")  # a fork of a process with TensorFlow's threads can hang
    with ProcessPoolExecutor(os.cpu_count(), mp_context=spawn, initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        sets = list(pool.map(_of_class, CLASSES, repeat(seed), repeat(per_class), repeat(size)))
    return np.concatenate(sets), np.repeat(np.arange(len(CLASSES)), per_class)


def _of_class(name: str, seed: int, count: int, size: int) -> NDArray[np.uint8]:
    return np.stack([draw(name, seed * SEEDS + number, size) for number in range(count)])
