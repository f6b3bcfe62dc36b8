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

STEPS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 128)
"""What the sides of an input may have to be multiples of, tried in this order."""

EVEN_SIDES: Hw = (224, 400)
"""About the sides of a landscape picture at which that is tried."""

IN_A_ROW = 8
"""Consecutive multiples of a step that must fit."""

ODD_SIDE = 180
"""The least shorter side of a portrait picture at which that is tried."""

STRIDE_PROBE_SIDES = (512, 1024)
"""Far enough apart that padding does not matter."""

POWERS = (1, 2, 4, 8, 16, 32, 64)


@dataclass(frozen=True, slots=True)
class InputSizes:
    """A normal size, all tensors at it and at another (None if the size is fixed), the shortest side, and the step."""

    normal_hw: Hw
    normal: TensorTypes
    other: TensorTypes | None
    smallest: int
    step: int = 1


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


def find_input_sizes(
    light: ShapeModel, layers: Sequence[str], normal: tuple[Hw, TensorTypes], outputs: Sequence[str] = ()
) -> InputSizes:
    """Which other sizes the path to `layers` and `outputs` takes; the classifier after them may take fewer.

    Outputs need not grow with the input: some are enlarged to one size.
    """
    trunk = light.cut([*layers, *outputs])
    for step in STEPS:
        sizes = _probe_sizes(step)
        if all(_takes(trunk, layers, size_hw, normal) for size_hw in sizes):
            smallest = _smallest(trunk, step, high=min(sizes[0]))
            return InputSizes(*normal, _with_classifier(light, sizes[1]) or trunk.at(sizes[1]), smallest, step)
    return InputSizes(*normal, None, min(normal[0]))


def _probe_sizes(step: int) -> list[Hw]:
    """Landscape and portrait, then others, with consecutive multiples of `step` for sides.

    Those of the portrait stay odd multiples however often they are halved. Where pools round down, some sizes fit by
    chance, but not so many in a row.
    """
    short, long = (-(-side // step) * step for side in EVEN_SIDES)
    halvings = next(count for count in range(1, 10) if (2**count - 1) * step >= ODD_SIDE)
    portrait = (2 ** (halvings + 1) - 1) * step, (2**halvings - 1) * step
    return [
        (short, long),
        portrait,
        *((short + more * step, short + (more + 1) * step) for more in range(1, IN_A_ROW, 2)),
    ]


def _with_classifier(light: ShapeModel, size_hw: Hw) -> TensorTypes | None:
    """All tensors at another size, when the classifier takes that too."""
    try:
        return light.at(size_hw)
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


def _smallest(trunk: ShapeModel, step: int, high: int) -> int:
    """The side of the smallest square that every window fits into, by bisection over the multiples of `step`."""
    low, high = 0, high // step
    while high - low > 1:
        middle = (low + high) // 2
        try:
            bounds.check_bounds(trunk.graph, trunk.at((middle * step, middle * step)))
            high = middle
        except ModelError:
            low = middle
    return high * step


def strides(light: ShapeModel, layers: Sequence[str], sizes: InputSizes) -> list[int]:
    """Input pixels per step of each layer."""
    if sizes.other is None:
        return normal_strides(layers, sizes)
    trunk = light.cut(layers)
    sides = [-(-side // sizes.step) * sizes.step for side in STRIDE_PROBE_SIDES]
    small, large = (trunk.at((side, side)) for side in sides)
    grown = sides[1] - sides[0]
    return [_ratio(grown, large[name].dims, small[name].dims) for name in layers]


def normal_strides(layers: Sequence[str], sizes: InputSizes) -> list[int]:
    """Input pixels per step of each layer at the normal size."""
    return [_ratio(sizes.normal_hw[0], sizes.normal[name].dims) for name in layers]


def _ratio(pixels: int, dims: tuple[int, ...] | None, less: tuple[int, ...] | None = None) -> int:
    """Pixels per step; near a power of two it is that, since windows that do not fit take a little away."""
    steps = max((dims[2] if dims else 1) - (less[2] if less else 0), 1)
    if less is None and pixels % steps == 0:
        return pixels // steps
    nearest = min(POWERS, key=lambda power: abs(power - pixels / steps))
    tolerance = 0.15 if less is None else 0.08
    return nearest if abs(nearest - pixels / steps) <= tolerance * nearest else max(round(pixels / steps), 1)
