"""Matplotlib charts, transparent and in colours that are readable on dark and light pages."""

from __future__ import annotations

import colorsys
import io
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.history import Epoch, best_epoch
from realtime.imaging.frame import Image

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

logging.getLogger("matplotlib").setLevel(logging.ERROR)  # no messages about fonts

INK, LINE = "#858b94", "#858b9455"
TRAINING, VALIDATION = "#3d8fd1", "#e0861a"
DPI = 160
MAX_NUMBERED = 16  # classes up to which the cells of a confusion matrix have numbers


def learning_curves(history: Sequence[Epoch]) -> bytes:
    """Loss and accuracy of every epoch on the training and the validation data."""
    figure, axes = _figure(9.6, 3.4, 2)
    rows = (("loss", "loss", "val_loss"), ("accuracy", "accuracy", "val_accuracy"))
    for axis, (title, training, validation) in zip(axes, rows, strict=True):
        numbers = range(1, len(history) + 1)
        for name, colour, label in ((training, TRAINING, "training"), (validation, VALIDATION, "validation")):
            values = [getattr(epoch, name) for epoch in history]
            axis.plot(numbers, values, color=colour, linewidth=2, marker=_mark(history), markersize=4, label=label)
        axis.set_title(title, color=INK, loc="left", fontsize=11)
        _label_epochs(axis, history)
    axes[0].set_yscale("log")
    axes[1].set_ylim(0, 1.03)
    axes[1].legend(frameon=False, labelcolor=INK, loc="best")
    return _png(figure)


def agreement(history: Sequence[Epoch]) -> bytes:
    """The agreement of every layer that was taught, by epoch."""
    figure, [axis] = _figure(9.6, 3.4, 1)
    numbers, layers = range(1, len(history) + 1), list(history[-1].agreement)
    for number, layer in enumerate(layers):
        values = [epoch.agreement[layer] for epoch in history]
        axis.plot(
            numbers,
            values,
            color=class_colour(number, len(layers)),
            linewidth=2,
            marker=_mark(history),
            markersize=4,
            label=layer,
        )
    _label_epochs(axis, history)
    axis.legend(frameon=False, labelcolor=INK, loc="best")
    return _png(figure)


def _mark(history: Sequence[Epoch]) -> str:
    """Points, where there are few."""
    return "o" if len(history) < 8 else ""


def _label_epochs(axis: Axes, history: Sequence[Epoch]) -> None:
    from matplotlib.ticker import MaxNLocator

    axis.axvline(best_epoch(history) + 1, color=LINE, linestyle=(0, (2, 3)))
    axis.set_xlabel("epoch", color=INK)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))


def confusion_matrix(matrix: NDArray[np.int64], classes: Sequence[str]) -> bytes:
    """Rows: true class; columns: predicted class; colour: the share of the row."""
    count = len(classes)
    side = min(0.5 * count + 2.8, 10.5)
    figure, [axis] = _figure(side, side, 1)
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axis.pcolormesh(share, cmap=_fading(), vmin=0, vmax=1)
    axis.set_aspect("equal")
    axis.invert_yaxis()
    size = 10 if count <= MAX_NUMBERED else 7
    middles = np.arange(count) + 0.5
    names = [name if len(name) <= 22 else name[:21] + "…" for name in classes]
    axis.set_xticks(middles, _escaped(names), rotation=45 if count <= MAX_NUMBERED else 90, ha="right", fontsize=size)
    axis.set_yticks(middles, _escaped(names), fontsize=size)
    axis.set_xlabel("predicted class", color=INK)
    axis.set_ylabel("true class", color=INK)
    if count <= MAX_NUMBERED:
        for row, col in zip(*np.nonzero(matrix), strict=True):
            ink = _text_colour(share[row, col])
            axis.text(col + 0.5, row + 0.5, str(matrix[row, col]), ha="center", va="center", color=ink, fontsize=10)
    return _png(figure)


def scatter(points: NDArray[np.float64], images: Sequence[Image], labels: NDArray[np.int64], classes: int) -> bytes:
    """A thumbnail of every picture at its point (n, 2), framed in the colour of its class."""
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    figure, [axis] = _figure(9.6, 6.4, 1)
    figure.set_layout_engine("none")
    axis.set_position((0, 0, 1, 1))
    axis.scatter(points[:, 0], points[:, 1], s=0)
    axis.set_axis_off()
    axis.margins(0.06)
    side = 44 if len(images) <= 60 else 26
    for point, image, label in zip(points, images, labels, strict=True):
        thumbnail = cv2.resize(image, (96, 96), interpolation=cv2.INTER_AREA)[..., ::-1]
        edge = {"edgecolor": class_colour(int(label), classes), "linewidth": 1.6}
        box = OffsetImage(thumbnail, zoom=side / 96)
        axis.add_artist(AnnotationBbox(box, (point[0], point[1]), pad=0.12, bboxprops=edge))
    return _png(figure)


def class_colour(label: int, classes: int) -> str:
    """A colour per class: hues around the circle, alternately light and dark if there are many classes."""
    value = 0.88 if classes <= 8 or label % 2 == 0 else 0.6
    parts = colorsys.hsv_to_rgb((0.07 + label / classes) % 1, 0.68, value)
    return "#" + bytes(round(255 * part) for part in parts).hex()


def _fading() -> Colormap:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("fading", [f"{VALIDATION}00", VALIDATION])


def _text_colour(share: float) -> str:
    """The text colour on a cell."""
    return "#1c1206" if share > 0.45 else INK


def _escaped(names: Sequence[str]) -> list[str]:
    """Escape dollar signs, which matplotlib reads as mathematics."""
    return [name.replace("$", r"\$") for name in names]


def _figure(width: float, height: float, columns: int) -> tuple[Figure, list[Axes]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = [figure.add_subplot(1, columns, column + 1) for column in range(columns)]
    for axis in axes:
        axis.set_facecolor("none")
        axis.tick_params(which="both", colors=INK, length=0)
        for name, spine in axis.spines.items():
            spine.set(color=LINE, visible=name in ("left", "bottom"))
    return figure, axes


def _png(figure: Figure) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=DPI, transparent=True)
    return content.getvalue()
