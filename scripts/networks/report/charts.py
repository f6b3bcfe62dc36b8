"""Charts by matplotlib, on a clear ground and in colours that read on dark paper and on light."""

from __future__ import annotations

import colorsys
import io
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.history import Epoch, best
from realtime.imaging.frame import Image

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure as Sheet

logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it would tell of its fonts

INK, LINE = "#858b94", "#858b9455"
LEARNED, CHECKED = "#3d8fd1", "#e0861a"
DPI = 160
NUMBERED = 16
"""Classes up to which the cells of a confusion matrix carry their numbers."""


def curves(history: Sequence[Epoch]) -> bytes:
    """Loss and accuracy of every epoch on both sides of the data."""
    from matplotlib.ticker import MaxNLocator

    sheet, axes = _sheet(9.6, 3.4, 2)
    rows = (("loss", "loss", "val_loss"), ("accuracy", "accuracy", "val_accuracy"))
    for place, (title, learned, checked) in zip(axes, rows, strict=True):
        numbers = range(1, len(history) + 1)
        mark = "o" if len(history) < 8 else ""
        for name, colour, label in ((learned, LEARNED, "learned from"), (checked, CHECKED, "checked with")):
            values = [getattr(epoch, name) for epoch in history]
            place.plot(numbers, values, color=colour, linewidth=2, marker=mark, markersize=4, label=label)
        place.axvline(best(history) + 1, color=LINE, linestyle=(0, (2, 3)))
        place.set_title(title, color=INK, loc="left", fontsize=11)
        place.set_xlabel("epoch", color=INK)
        place.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[0].set_yscale("log")
    axes[1].set_ylim(0, 1.03)
    axes[1].legend(frameon=False, labelcolor=INK, loc="best")
    return _png(sheet)


def confusion(matrix: NDArray[np.int64], classes: Sequence[str]) -> bytes:
    """Rows: what it is; columns: what the network says; the darker, the larger the share of the row."""
    count = len(classes)
    side = min(0.5 * count + 2.8, 10.5)
    sheet, [place] = _sheet(side, side, 1)
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    place.pcolormesh(share, cmap=_fading(), vmin=0, vmax=1)
    place.set_aspect("equal")
    place.invert_yaxis()
    size = 10 if count <= NUMBERED else 7
    middles = np.arange(count) + 0.5
    names = [name if len(name) <= 22 else name[:21] + "…" for name in classes]
    place.set_xticks(middles, _plain(names), rotation=45 if count <= NUMBERED else 90, ha="right", fontsize=size)
    place.set_yticks(middles, _plain(names), fontsize=size)
    place.set_xlabel("what the network says", color=INK)
    place.set_ylabel("what it is", color=INK)
    if count <= NUMBERED:
        for row, col in zip(*np.nonzero(matrix), strict=True):
            ink = _on(share[row, col])
            place.text(col + 0.5, row + 0.5, str(matrix[row, col]), ha="center", va="center", color=ink, fontsize=10)
    return _png(sheet)


def scatter(points: NDArray[np.float64], images: Sequence[Image], labels: NDArray[np.int64], classes: int) -> bytes:
    """Every picture as a thumbnail at its point (n, 2), framed in the colour of its class."""
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    sheet, [place] = _sheet(9.6, 6.4, 1)
    sheet.set_layout_engine("none")
    place.set_position((0, 0, 1, 1))
    place.scatter(points[:, 0], points[:, 1], s=0)
    place.set_axis_off()
    place.margins(0.06)
    side = 44 if len(images) <= 60 else 26
    for point, image, label in zip(points, images, labels, strict=True):
        thumbnail = cv2.resize(image, (96, 96), interpolation=cv2.INTER_AREA)[..., ::-1]
        edge = {"edgecolor": class_colour(int(label), classes), "linewidth": 1.6}
        box = OffsetImage(thumbnail, zoom=side / 96)
        place.add_artist(AnnotationBbox(box, (point[0], point[1]), pad=0.12, bboxprops=edge))
    return _png(sheet)


def class_colour(label: int, classes: int) -> str:
    """A colour for each class: hues all around the circle, light and dark in turn where there are many."""
    value = 0.88 if classes <= 8 or label % 2 == 0 else 0.6
    parts = colorsys.hsv_to_rgb((0.07 + label / classes) % 1, 0.68, value)
    return "#" + bytes(round(255 * part) for part in parts).hex()


def _fading() -> Colormap:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("fading", [f"{CHECKED}00", CHECKED])


def _on(share: float) -> str:
    """The colour of a number on a cell."""
    return "#1c1206" if share > 0.45 else INK


def _plain(names: Sequence[str]) -> list[str]:
    """Names as they are: matplotlib takes what stands between dollars for mathematics."""
    return [name.replace("$", r"\$") for name in names]


def _sheet(width: float, height: float, columns: int) -> tuple[Sheet, list[Axes]]:
    from matplotlib.figure import Figure as Sheet

    sheet = Sheet(figsize=(width, height), layout="constrained")
    axes = [sheet.add_subplot(1, columns, column + 1) for column in range(columns)]
    for place in axes:
        place.set_facecolor("none")
        place.tick_params(which="both", colors=INK, length=0)
        for name, spine in place.spines.items():
            spine.set(color=LINE, visible=name in ("left", "bottom"))
    return sheet, axes


def _png(sheet: Sheet) -> bytes:
    content = io.BytesIO()
    sheet.savefig(content, format="png", dpi=DPI, transparent=True)
    return content.getvalue()
