"""Examples for the gradient rules: at least one for each operator, and one for each branch of its rule.

An example is ONNX text that computes Y from X. All other names are constants, given by their shape (random numbers),
by a list of integers, or as an array.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Constant: TypeAlias = tuple[int, ...] | list[int] | NDArray[Any]


@dataclass(frozen=True, slots=True)
class Example:
    text: str
    shape: tuple[int, ...] = (2, 3, 4)
    constants: Mapping[str, Constant] = field(default_factory=dict)
    positive: bool = False
    fixed_size_only: bool = False
    opset: int = 18

    def __str__(self) -> str:
        return self.text.replace("\n", "; ")


def listed(attributes: str) -> str:
    return f"<{attributes}>" if attributes else ""


def conv(attributes: str, shape: tuple[int, ...], kernel: tuple[int, ...], *, fixed: bool = False) -> Example:
    return Example(
        f"Y = Conv{listed(attributes)}(X, W, B)", shape, {"W": kernel, "B": kernel[:1]}, fixed_size_only=fixed
    )


def transposed(attributes: str, shape: tuple[int, ...], kernel: tuple[int, ...], *, fixed: bool = False) -> Example:
    return Example(f"Y = ConvTranspose{listed(attributes)}(X, W)", shape, {"W": kernel}, fixed_size_only=fixed)


def pool(kind: str, attributes: str, shape: tuple[int, ...] = (1, 2, 7, 6), *, fixed: bool = False) -> Example:
    return Example(f"Y = {kind}<{attributes}>(X)", shape, fixed_size_only=fixed)


IMAGE = (1, 2, 6, 7)

CONVOLUTIONS = [
    conv("pads=[1,1,1,1]", IMAGE, (3, 2, 3, 3)),
    conv("", (2, 2, 6, 7), (3, 2, 3, 2)),
    conv("pads=[0,1,2,1]", IMAGE, (3, 2, 3, 3)),
    conv("pads=[2,2,2,2], dilations=[2,2]", IMAGE, (3, 2, 3, 3)),
    conv("pads=[1,1,1,1], group=2", (1, 4, 5, 5), (6, 2, 3, 3)),
    conv("pads=[1,1,1,1], group=4", (1, 4, 5, 5), (4, 1, 3, 3)),
    conv("pads=[2,2,2,2]", IMAGE, (3, 2, 2, 2)),  # more padding than kernel size - 1
    conv("", IMAGE, (3, 2, 1, 1)),
    conv("strides=[2,2]", IMAGE, (3, 2, 1, 1)),
    conv("strides=[2,2], pads=[1,1,1,1]", IMAGE, (3, 2, 3, 3)),
    conv("strides=[2,2], pads=[0,0,1,1]", IMAGE, (3, 2, 3, 3)),
    conv("strides=[3,2], pads=[1,0,1,0], dilations=[1,2]", (1, 2, 9, 9), (3, 2, 3, 3)),
    conv("strides=[2,2], pads=[1,1,1,1], group=4", (1, 4, 6, 7), (4, 1, 3, 3)),
    conv("strides=[2,2], pads=[0,0,1,1], group=2", (1, 4, 6, 6), (6, 2, 3, 3)),
    conv('auto_pad="SAME_UPPER"', IMAGE, (3, 2, 4, 4)),
    conv('auto_pad="SAME_LOWER"', IMAGE, (3, 2, 4, 3)),
    conv('auto_pad="VALID"', IMAGE, (3, 2, 3, 3)),
    conv('auto_pad="SAME_UPPER", strides=[2,2]', IMAGE, (3, 2, 3, 3), fixed=True),
    conv('auto_pad="SAME_LOWER", strides=[2,3]', IMAGE, (3, 2, 3, 4), fixed=True),
    conv("pads=[1,1]", (1, 2, 8), (3, 2, 3)),
    conv("strides=[2]", (1, 2, 8), (3, 2, 3)),
    transposed("", IMAGE, (2, 3, 3, 3)),
    transposed("strides=[2,2], pads=[1,1,1,1], output_padding=[1,1]", (1, 2, 4, 3), (2, 3, 3, 3)),
    transposed("strides=[2,3], pads=[0,1,1,0], dilations=[2,1]", (1, 2, 4, 3), (2, 3, 3, 3)),
    transposed("strides=[2,2], group=2", (1, 4, 3, 3), (4, 2, 3, 3)),
    transposed('strides=[2,2], auto_pad="SAME_UPPER"', (1, 2, 4, 3), (2, 3, 3, 3), fixed=True),
    transposed("strides=[2,2], output_shape=[8,6]", (1, 2, 4, 3), (2, 3, 3, 3), fixed=True),
]

POOLS = [
    pool("MaxPool", "kernel_shape=[2,2], strides=[2,2]", (1, 2, 6, 8)),
    pool("MaxPool", "kernel_shape=[2,2], strides=[2,2]"),
    pool("MaxPool", "kernel_shape=[2,2], strides=[2,2]", (2, 3, 5, 5)),
    pool("MaxPool", "kernel_shape=[2,2], strides=[2,2], ceil_mode=1"),
    pool("MaxPool", "kernel_shape=[3,3], strides=[3,3]", (1, 2, 7, 6)),
    pool("MaxPool", "kernel_shape=[3,3], strides=[2,2]"),
    pool("MaxPool", "kernel_shape=[3,3], strides=[2,2], ceil_mode=1"),
    pool("MaxPool", "kernel_shape=[3,3], strides=[2,2], pads=[0,0,1,1]"),
    pool("MaxPool", "kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1]", (2, 2, 6, 6)),
    pool("MaxPool", "kernel_shape=[3,3], pads=[1,1,1,1]"),
    pool("MaxPool", "kernel_shape=[3,3], pads=[1,1,1,1], ceil_mode=1"),
    pool("MaxPool", "kernel_shape=[2,3], dilations=[2,1]"),
    pool("MaxPool", 'kernel_shape=[3,3], strides=[2,2], auto_pad="SAME_UPPER"', fixed=True),
    pool("MaxPool", 'kernel_shape=[3,3], auto_pad="SAME_LOWER"'),
    pool("MaxPool", "kernel_shape=[2,2], strides=[3,3]", (1, 2, 8, 7)),
    pool("MaxPool", "kernel_shape=[3], strides=[2]", (1, 2, 8)),
    pool("AveragePool", "kernel_shape=[2,2], strides=[2,2]", (1, 2, 6, 8)),
    pool("AveragePool", "kernel_shape=[2,2], strides=[2,2]"),
    pool("AveragePool", "kernel_shape=[3,3], pads=[1,1,1,1]"),
    pool("AveragePool", "kernel_shape=[3,3], pads=[1,1,1,1], count_include_pad=1"),
    pool("AveragePool", "kernel_shape=[3,3], strides=[2,2], pads=[1,0,1,1]"),
    pool("AveragePool", "kernel_shape=[3,2], strides=[2,3], pads=[0,1,1,0], count_include_pad=1"),
    pool("AveragePool", "kernel_shape=[3,3], strides=[2,2], ceil_mode=1", (1, 2, 8, 7)),
    pool("AveragePool", "kernel_shape=[3,3], strides=[2,2], ceil_mode=1, pads=[1,1,1,1], count_include_pad=1"),
    pool("AveragePool", 'kernel_shape=[3,3], auto_pad="SAME_UPPER"'),
    pool("AveragePool", 'kernel_shape=[3,3], strides=[2,2], auto_pad="SAME_UPPER"', fixed=True),
    pool("AveragePool", "kernel_shape=[1,1], strides=[2,2]"),
    pool("AveragePool", "kernel_shape=[2], strides=[2]", (1, 2, 7)),
    Example("Y = GlobalAveragePool(X)", (2, 3, 4, 5)),
    Example("Y = GlobalMaxPool(X)", (2, 3, 4, 5)),
]

ACTIVATIONS = [
    Example("Y = Relu(X)"),
    Example("Y = LeakyRelu<alpha=0.3>(X)"),
    Example("Y = LeakyRelu<alpha=-0.3>(X)"),
    Example("Y = PRelu(X, S)", (2, 3, 4), {"S": (3, 1)}),
    Example("Y = Clip(X, A, B)", constants={"A": np.array(0.0), "B": np.array(0.9)}),
    Example("Y = Clip(X, A, B)", constants={"A": np.array(-0.7), "B": np.array(0.9)}),
    Example("Y = Clip(X, , B)", constants={"B": np.array(0.9)}),
    Example("Y = Clip(X)"),
    Example("Y = Sigmoid(X)"),
    Example("Y = HardSigmoid<alpha=0.45, beta=0.6>(X)"),
    Example("A = Add(X, X)\nB = Add(A, X)\nY = HardSwish(B)"),
    Example("Y = Tanh(X)"),
    Example("Y = Elu<alpha=0.7>(X)"),
    Example("Y = Elu<alpha=-0.7>(X)"),
    Example("Y = Selu(X)"),
    Example("Y = Selu<alpha=-0.8, gamma=0.6>(X)"),
    Example("Y = Celu<alpha=0.7>(X)"),
    Example("Y = Celu(X)"),
    Example("Y = ThresholdedRelu<alpha=0.33>(X)"),
    Example("Y = Mish(X)"),
    Example("Y = Gelu(X)", opset=20),
    Example('Y = Gelu<approximate="tanh">(X)', opset=20),
    Example("Y = Swish<alpha=1.7>(X)", opset=24),
    Example("Y = Softplus(X)"),
    Example("Y = Softsign(X)"),
    Example("Y = Softmax(X)"),
    Example("Y = Softmax<axis=1>(X)"),
    Example("Y = LogSoftmax<axis=0>(X)"),
]

POINTWISE = [
    Example("Y = Neg(X)"),
    Example("Y = Sqrt(X)", positive=True),
    Example("Y = Exp(X)"),
    Example("Y = Log(X)", positive=True),
    Example("Y = Reciprocal(X)", positive=True),
    Example("Y = Abs(X)"),
    Example("Y = Erf(X)"),
    Example("Y = Identity(X)"),
    Example("Y = Dropout(X)"),
    Example("Y = Dropout(X, R)", constants={"R": np.array(0.5)}),
    Example("Y = Cast<to=11>(X)"),
]

ARITHMETIC = [
    Example("Y = Add(X, B)", (2, 3, 4), {"B": (3, 1)}),
    Example("Y = Add(B, X)", (3, 1), {"B": (2, 3, 4)}),
    Example("T = Tanh(X)\nY = Add(X, T)"),
    Example("Y = Sub(X, B)", (2, 1, 4), {"B": (2, 3, 4)}),
    Example("Y = Sub(B, X)", (4,), {"B": (2, 3, 4)}),
    Example("Y = Mul(X, X)"),
    Example("Y = Mul(X, B)", (1, 3, 4), {"B": (2, 1, 4)}),
    Example("T = Sigmoid(X)\nM = GlobalAveragePool(T)\nY = Mul(X, M)", (1, 3, 4, 5)),
    Example("Y = Div(X, B)", (3, 4), {"B": (2, 3, 1)}),
    Example("Y = Div(B, X)", (3, 1), {"B": (2, 3, 4)}, positive=True),
    Example("Y = Pow(X, E)", constants={"E": np.array(3.0)}),
    Example("Y = Pow(X, E)", (2, 3, 1), {"E": (4,)}, positive=True),
    Example("Y = Pow(B, X)", (3, 1), {"B": np.array([[0.5, 1.5, 2.5]])}),
    Example("Y = Pow(B, X)", (3, 1), {"B": np.array([[0.0, 1.5]])}, positive=True),
    Example("T = Tanh(X)\nY = Sum(X, B, T)", (3, 1), {"B": (3, 4)}),
    Example("T = Tanh(X)\nY = Mean(B, X, T)", (3, 1), {"B": (3, 4)}),
    Example("T = Neg(X)\nY = Max(X, B, T)", (3, 4), {"B": (2, 3, 4)}),
    Example("Y = Max(X, X)"),
    Example("T = Relu(X)\nU = Mul(T, T)\nV = Mul(X, T)\nY = Min(U, V)"),
    Example("Y = Max(X)"),
    Example("T = Exp(X)\nY = Min(B, T)", (3, 4), {"B": (2, 3, 4)}),
    Example("C = Greater(X, Z)\nT = Exp(X)\nY = Where(C, X, T)", constants={"Z": np.array(0.5)}),
    Example("Y = Expand(X, S)", (3, 1), {"S": [2, 3, 4]}),
    Example("Y = MatMul(X, B)", (3, 4), {"B": (4, 2)}),
    Example("Y = MatMul(B, X)", (3, 4), {"B": (2, 3)}),
    Example("T = Transpose<perm=[0,2,1]>(X)\nY = MatMul(X, T)", (2, 3, 4)),
    Example("Y = MatMul(X, B)", (3, 4), {"B": (2, 4, 5)}),
    Example("Y = MatMul(B, X)", (2, 3, 4), {"B": (5, 3)}),
    Example("Y = MatMul(X, B)", (2, 1, 3, 4), {"B": (5, 4, 2)}),
    Example("Y = MatMul(X, B)", (4,), {"B": (2, 4, 5)}),
    Example("Y = MatMul(B, X)", (4,), {"B": (2, 3, 4)}),
    Example("Y = MatMul(X, B)", (2, 3, 4), {"B": (4,)}),
    Example("Y = MatMul(B, X)", (2, 3, 4), {"B": (3,)}),
    Example("Y = MatMul(X, B)", (4,), {"B": (4,)}),
    Example('Y = Einsum<equation="bhid,bhjd->bhij">(X, B)', (1, 2, 3, 4), {"B": (1, 2, 5, 4)}),
    Example('Y = Einsum<equation="bhid, bhjd -> bhij">(B, X)', (1, 2, 3, 4), {"B": (1, 2, 5, 4)}),
    Example('Y = Einsum<equation="bij,jk,kl->lib">(X, B, C)', (2, 3, 4), {"B": (4, 5), "C": (5, 2)}),
    Example('Y = Einsum<equation="bij->jbi">(X)', (2, 3, 4)),
    *(
        Example(f"Y = Gemm<alpha=0.5, beta=2.0, transA={a}, transB={b}>({names})", shape, {"B": other, "C": (2,)})
        for a in (0, 1)
        for b in (0, 1)
        for names, shape, other in (
            ("X, B, C", (4, 3) if a else (3, 4), (2, 4) if b else (4, 2)),
            ("B, X, C", (2, 4) if b else (4, 2), (4, 3) if a else (3, 4)),
        )
    ),
    Example("Y = Gemm<beta=3.0>(A, B, X)", (1, 2), {"A": (3, 4), "B": (4, 2)}),
    Example("Y = Gemm(X, B)", (3, 4), {"B": (4, 2)}),
]

REDUCTIONS = [
    Example(f"Y = {op}<keepdims={keep}>(X{axes})", (2, 3, 4), constants, positive=True)
    for op in ("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceSumSquare", "ReduceL2")
    for keep, axes, constants in ((0, ", A", {"A": [0, -1]}), (1, ", A", {"A": [1]}), (0, "", {}), (1, "", {}))
]

NORMALIZATIONS = [
    Example(
        "Y = BatchNormalization<epsilon=0.01>(X, S, B, M, V)",
        (2, 3, 2, 2),
        {"S": (3,), "B": (3,), "M": (3,), "V": np.array([0.5, 1.0, 2.0])},
    ),
    Example("Y = InstanceNormalization<epsilon=0.01>(X, S, B)", (2, 3, 4, 2), {"S": (3,), "B": (3,)}),
    Example("Y = LayerNormalization<epsilon=0.01>(X, S, B)", (2, 3, 4), {"S": (4,), "B": (4,)}),
    Example("Y = LayerNormalization<axis=1>(X, S)", (2, 3, 4), {"S": (3, 4)}),
    Example("Y = LRN<size=3, alpha=0.5, beta=0.7, bias=1.5>(X)", (2, 6, 2, 3)),
    Example("Y = LRN<size=5, alpha=0.9>(X)", (1, 3, 2, 2)),
]

SHAPING = [
    Example("T = Exp(X)\nY = Concat<axis=1>(X, T, B)", (1, 2, 3, 2), {"B": (1, 4, 3, 2)}),
    Example("T = Exp(X)\nY = Concat<axis=-1>(B, T, X)", (1, 2, 3, 2), {"B": (1, 2, 3, 5)}),
    Example("A, Y = Split<axis=1, num_outputs=2>(X)", (1, 4, 3)),
    Example("A, B, C = Split<axis=-1>(X, S)\nD = Mul(A, C)\nY = Concat<axis=0>(D, D)", (2, 5), {"S": [2, 1, 2]}),
    Example("Y = Slice(X, S, E)", (4, 5), {"S": [1, 0], "E": [3, 4]}),
    Example("T = Cast<to=6>(S)\nU = Cast<to=6>(E)\nY = Slice(X, T, U)", (4, 5), {"S": [1, 0], "E": [3, 4]}),
    Example("Y = Slice(X, S, E, A)", (2, 5, 4), {"S": [-3, 1], "E": [-1, 1000], "A": [1, -1]}),
    Example("Y = Slice(X, S, E, A, P)", (2, 7, 4), {"S": [1, 3], "E": [7, -1000], "A": [1, 2], "P": [3, -2]}),
    Example("Y = Pad(X, P)", (2, 3, 4), {"P": [0, 1, 2, 1, 0, 3]}),
    Example("Y = Pad(X, P, V, A)", (2, 3, 4), {"P": [1, -1], "V": np.array(5.0), "A": [2]}),
    Example('Y = Pad<mode="reflect">(X, P)', (1, 1, 4, 5), {"P": [0, 0, 1, 2, 0, 0, 3, 0]}),
    Example('Y = Pad<mode="edge">(X, P, , A)', (2, 3, 4), {"P": [1, 2, 3, 0], "A": [1, -1]}),
    Example("Y = DepthToSpace<blocksize=2>(X)", (1, 8, 2, 3)),
    Example('Y = DepthToSpace<blocksize=2, mode="CRD">(X)', (1, 8, 2, 3), fixed_size_only=True),
    Example("Y = SpaceToDepth<blocksize=2>(X)", (1, 3, 4, 6)),
    Example("Y = Reshape(X, S)", (2, 3, 4), {"S": [0, -1]}),
    Example("Y = Flatten(X)", (2, 3, 4)),
    Example("F = Flatten(X)\nY = Gemm<transB=1>(F, W)", (1, 3, 2, 2), {"W": (5, 12)}),
    Example("Y = Transpose(X)", (2, 3, 4)),
    Example("Y = Transpose<perm=[1,2,0]>(X)", (2, 3, 4)),
    Example("Y = Squeeze(X, A)", (2, 1, 4, 1), {"A": [1]}),
    Example("Y = Squeeze(X)", (2, 1, 4, 1), fixed_size_only=True),
    Example("Y = Unsqueeze(X, A)", (2, 3), {"A": [0, -1]}),
    Example("Y = Gather<axis=1>(X, I)", (2, 5, 3), {"I": [3, 0, 3]}),
    Example("Y = Gather(X, I)", (4, 3), {"I": np.array([[1, -1], [1, 0]])}),
    Example("Y = Gather<axis=-1>(X, I)", (2, 3, 4), {"I": np.array([[1, 3], [1, 0]])}),
    Example("Y = Gather<axis=1>(X, I)", (2, 5), {"I": np.array(3)}),
]

RESIZES = [
    Example(f"Y = Resize<{attributes}>(X, , S)", (1, 2, 4, 3), {"S": np.array(scales, np.float32)})
    for attributes, scales in (
        ('mode="nearest"', (1, 1, 2, 2)),
        ('mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"', (1, 1, 2, 3)),
        ('mode="linear"', (1, 1, 2, 1.5)),
        ('mode="linear"', (1, 1, 0.5, 1)),
        ('mode="linear", coordinate_transformation_mode="align_corners"', (1, 1, 2, 2)),
        ('mode="linear", coordinate_transformation_mode="pytorch_half_pixel"', (1, 1, 1, 3)),
    )
] + [
    Example('Y = Resize<mode="linear">(X, , , S)', (1, 2, 4, 3), {"S": [1, 2, 7, 5]}),
    Example('Y = Resize<mode="nearest">(X, , , S)', (1, 2, 4, 3), {"S": [1, 2, 3, 7]}),
]

EXAMPLES = [
    *CONVOLUTIONS,
    *POOLS,
    *ACTIVATIONS,
    *POINTWISE,
    *ARITHMETIC,
    *REDUCTIONS,
    *NORMALIZATIONS,
    *SHAPING,
    *RESIZES,
]
