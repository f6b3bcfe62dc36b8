"""Small networks of every kind that can be written with integers, and a picture for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.spec import InputInfo, Network

INPUT = InputInfo(mean=(104.0, 117.0, 123.0), smallest=4)
SIZE_HW = (40, 48)
CONV = "kernel_shape=[3,3], pads=[1,1,1,1]"

WEIGHTS = {
    **{f"w{number}": (8, 3 if number == 1 else 8, 3, 3) for number in range(1, 4)},
    "d": (8, 1, 3, 3),
    **dict.fromkeys(("b1", "b2", "b3", "gain", "offset", "mean"), (8,)),
    "p1": (8, 8, 1, 1),
}

NETWORKS = {
    "chain": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) c = Conv<{CONV}>(r, w2, b2) out = Relu(c)",
    "no bias, stride": f"a = Conv<{CONV}, strides=[2,2]>(input, w1) r = Relu(a) c = Conv<{CONV}>(r, w2) out = Relu(c)",
    "linear": f"a = Conv<{CONV}>(input, w1, b1) out = Conv<{CONV}>(a, w2, b2)",
    "depthwise": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) out = Conv<{CONV}, group=8>(r, d, b2)",
    "batch norm": f"a = Conv<{CONV}>(input, w1) n = BatchNormalization(a, gain, offset, mean, variance) out = Relu(n)",
    "clip": f"a = Conv<{CONV}>(input, w1, b1) r = Clip(a, zero, six) out = Conv<{CONV}>(r, w2, b2)",
    "pool": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) m = MaxPool<kernel_shape=[2,2], strides=[2,2]>(r)"
    f" out = Conv<{CONV}>(m, w2, b2)",
    "average": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) m = AveragePool<kernel_shape=[2,2], strides=[2,2]>(r)"
    f" out = Conv<{CONV}>(m, w2, b2)",
    "residual": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) c = Conv<{CONV}>(r, w2, b2) s = Add(c, r) out = Relu(s)",
    "concat": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) c = Conv<{CONV}>(r, w2, b2) s = Relu(c)"
    f" p = Conv(r, p1, b3) q = Relu(p) out = Concat<axis=1>(s, q)",
    "concat with and without sign": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) c = Conv<{CONV}>(r, w2, b2)"
    " s = Relu(c) p = Conv(r, p1, b3) out = Concat<axis=1>(s, p)",
    "pool and concat": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) m = MaxPool<{CONV}>(r)"
    f" c = Conv<{CONV}>(r, w2, b2) s = Relu(c) out = Concat<axis=1>(m, s)",
    "relu of what another reads": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) c = Conv<{CONV}>(a, w2, b2)"
    " out = Add(c, r)",
    "pad": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) e = Pad(r, edges) out = Conv<kernel_shape=[3,3]>(e, w2, b2)",
    "gate": f"a = Conv<{CONV}>(input, w1, b1) g = Sigmoid(a) m = Mul(a, g) out = Conv<{CONV}>(m, w2, b2)",
    "normalization": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) l = LRN<size=5, alpha=0.01>(r)"
    f" m = MaxPool<{CONV}>(l) out = Conv<{CONV}>(m, w2, b2)",
}

MakeChain: TypeAlias = Callable[[str], Network]


def picture(contrast: float = 1.0) -> NDArray[np.uint8]:
    y, x = np.mgrid[: SIZE_HW[0], : SIZE_HW[1]]
    waves = [np.sin(x / a) * np.cos(y / b) for a, b in ((3, 5), (7, 2), (4, 9))]
    return (np.stack(waves, axis=2) * 110 * contrast + 115).astype(np.uint8)
