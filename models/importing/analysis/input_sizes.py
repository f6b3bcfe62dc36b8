"""Which input sizes a network takes: any from a smallest on, or only one."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.errors import ModelError
from models.importing.analysis import bounds
from models.importing.analysis.infer_shapes import ShapeModel, TensorTypes
from models.spec import Hw

COMMON_SIZES: tuple[Hw, ...] = tuple(
    (side, side) for side in (224, 256, 227, 299, 320, 300, 384, 416, 512, 640, 128, 96, 64, 48, 32, 28)
)
"""Tried in this order where a file declares no size."""

PROBE_SIZES: tuple[Hw, ...] = ((224, 400), (400, 304))
"""Two sizes that the show may use, multiples of 16: landscape and portrait."""

STRIDE_PROBE_SIZES: tuple[Hw, Hw] = ((512, 512), (1024, 1024))
"""Far enough apart that padding does not matter."""

POWERS = (1, 2, 4, 8, 16, 32, 64)


@dataclass(frozen=True, slots=True)
class InputSizes:
    """A normal size, all tensors at it and at another (None if the size is fixed), and the shortest side."""

    normal_hw: Hw
    normal: TensorTypes
    other: TensorTypes | None
    smallest: int


def normal_size(light: ShapeModel, declared_hw: Hw | None) -> tuple[Hw, TensorTypes]:
    """The size that a network is made for, and its tensors; ModelError when no size fits."""
    if declared_hw is not None:
        return declared_hw, light.at(declared_hw)
    first: ModelError | None = None
    for size_hw in COMMON_SIZES:
        try:
            return size_hw, light.at(size_hw)
        except ModelError as error:
            first = first or error
    raise first or ModelError("no input size fits")


def find_input_sizes(light: ShapeModel, layers: Sequence[str], normal: tuple[Hw, TensorTypes]) -> InputSizes:
    """Which other sizes the path to the `layers` takes; the classifier after them may take fewer."""
    trunk = light.cut(layers)
    if not all(_takes(trunk, layers, size_hw, normal) for size_hw in PROBE_SIZES):
        return InputSizes(*normal, None, min(normal[0]))
    smallest = _smallest(trunk, max(min(normal[0]), min(PROBE_SIZES[0])))
    return InputSizes(*normal, _with_classifier(light) or trunk.at(PROBE_SIZES[1]), smallest)


def _with_classifier(light: ShapeModel) -> TensorTypes | None:
    """All tensors at another size, when the classifier takes that too."""
    try:
        return light.at(PROBE_SIZES[1])
    except ModelError:
        return None


def _takes(trunk: ShapeModel, layers: Sequence[str], size_hw: Hw, normal: tuple[Hw, TensorTypes]) -> bool:
    """Whether every layer keeps its channels at that size, and grows with the input."""
    try:
        tensors = trunk.at(size_hw)
        bounds.check_bounds(trunk.graph, tensors)
    except ModelError:
        return False
    return all(_grows(tensors[name].dims, normal[1][name].dims, size_hw, normal[0]) for name in layers)


def _grows(dims: tuple[int, ...] | None, normal: tuple[int, ...] | None, size_hw: Hw, normal_hw: Hw) -> bool:
    if dims is None or normal is None or dims[:2] != normal[:2]:
        return False
    return all(
        abs(dims[axis] - normal[axis] * size_hw[axis - 2] / normal_hw[axis - 2]) <= max(3, dims[axis] / 4)
        for axis in (2, 3)
    )


def _smallest(trunk: ShapeModel, high: int) -> int:
    """The smallest square that every window fits into, by bisection."""
    low = 0
    while high - low > 1:
        middle = (low + high) // 2
        try:
            bounds.check_bounds(trunk.graph, trunk.at((middle, middle)))
            high = middle
        except ModelError:
            low = middle
    return high


def strides(light: ShapeModel, layers: Sequence[str], sizes: InputSizes) -> list[int]:
    """Input pixels per step of each layer."""
    if sizes.other is None:
        return [_ratio(sizes.normal_hw[0], sizes.normal[name].dims) for name in layers]
    trunk = light.cut(layers)
    small, large = (trunk.at(size_hw) for size_hw in STRIDE_PROBE_SIZES)
    grown = STRIDE_PROBE_SIZES[1][0] - STRIDE_PROBE_SIZES[0][0]
    return [_ratio(grown, large[name].dims, small[name].dims) for name in layers]


def _ratio(pixels: int, dims: tuple[int, ...] | None, less: tuple[int, ...] | None = None) -> int:
    """Pixels per step; near a power of two it is that, since windows that do not fit take a little away."""
    steps = max((dims[2] if dims else 1) - (less[2] if less else 0), 1)
    if less is None and pixels % steps == 0:
        return pixels // steps
    nearest = min(POWERS, key=lambda power: abs(power - pixels / steps))
    tolerance = 0.15 if less is None else 0.08
    return nearest if abs(nearest - pixels / steps) <= tolerance * nearest else max(round(pixels / steps), 1)
