from __future__ import annotations

import cv2
import numpy as np

from realtime.capture.pattern import Pattern


def test_the_picture_depends_on_its_number_alone() -> None:
    read, skipped = Pattern(), Pattern()
    pictures = [read.read() for _ in range(8)]
    for _ in range(7):
        skipped.skip()
    np.testing.assert_array_equal(skipped.read(), pictures[7])
    assert pictures[0].shape == (480, 640, 3)
    assert pictures[0].dtype == np.uint8


def test_at_twice_the_rate_everything_moves_as_fast() -> None:
    usual, fast = Pattern(), Pattern(60.0)
    usual.skip()
    for _ in range(2):
        fast.skip()
    np.testing.assert_array_equal(fast.read(), usual.read())
    assert (usual.fps, fast.fps) == (30.0, 60.0)


def test_neighbouring_pictures_differ_and_share_no_memory() -> None:
    source = Pattern()
    first, second = source.read(), source.read()
    assert np.mean(first != second) > 0.1
    assert not np.shares_memory(first, second)


def test_it_is_colourful_and_has_structure_at_every_scale() -> None:
    image = Pattern().read()
    hue, saturation, _ = cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2HSV))
    assert len(np.unique(hue[saturation > 80])) > 60
    for level in range(6):
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        assert cv2.Laplacian(grey, cv2.CV_32F).std() > 8, f"nothing to see at scale {2**level}"
        image = np.asarray(cv2.pyrDown(image), np.uint8)


def test_everything_stays_inside_for_a_long_time() -> None:
    source = Pattern()
    for _ in range(60):
        for _ in range(997):
            source.skip()
        source.read()  # a disc beyond the rim would not fit its patch
