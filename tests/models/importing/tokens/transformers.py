"""Small vision transformers with random weights, as PyTorch's exporters write those of timm and transformers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import onnx
from onnx import TensorProto, helper

from tests.models.importing.nets import Net

Exporter: TypeAlias = Literal["torchscript", "dynamo", "dynamo23"]
"""TorchScript and dynamo at opset 17 and 18, which write attention and GELU out, and dynamo at 23, which does not."""

CLASSES = 10
EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a transformer is, and what it puts before the tokens of the patches."""

    exporter: Exporter = "torchscript"
    side: int = 32
    patch: int = 8
    channels: int = 24
    heads: int = 3
    depth: int = 2
    own_tokens: int = 1
    """The class token, that of distillation (DeiT) and registers; 0 for a transformer that takes the mean."""
    registers_last: bool = False
    """Positions are added before the registers come in (DINOv2 of timm)."""
    scaled: bool = False
    """LayerScale after both parts of a block, as in DINOv2."""
    apart: bool = False
    """Queries, keys and values come from three products, as in transformers."""
    layer_norm_written_out: bool = False

    @property
    def places(self) -> int:
        return (self.side // self.patch) ** 2

    @property
    def count(self) -> int:
        return self.places + self.own_tokens


class Transformer:
    """A graph being written; `sums` and `softmaxes` are the names of the tokens and the attention of each block."""

    def __init__(self, shape: Shape, *, seed: int = 0) -> None:
        self.shape = shape
        self.net = Net(opset={"torchscript": 17, "dynamo": 18, "dynamo23": 23}[shape.exporter], seed=seed)
        self.net.producer = "pytorch"
        self.sums: list[str] = []
        self.softmaxes: list[str] = []
        self._numbers = np.random.default_rng(seed + 1)

    def weight(self, *dims: int, scale: float = 0.3) -> str:
        return self.net.weight(self._numbers.normal(0, scale, dims))

    def ints(self, *values: int) -> str:
        return self.net.weight(list(values), dtype=np.int64)

    def model(self, *, batch: int | str = 1) -> onnx.ModelProto:
        shape, net = self.shape, self.net
        tokens = self.embedded()
        for _ in range(shape.depth):
            tokens = self.block(tokens)
        tokens = self.layer_norm(tokens)
        if shape.own_tokens:
            pooled = net.op("Gather", tokens, net.weight(0, dtype=np.int64), axis=1)
        elif net.opset >= 18:
            pooled = net.op("ReduceMean", tokens, self.ints(1), keepdims=0)
        else:
            pooled = net.op("ReduceMean", tokens, axes=[1], keepdims=0)
        head = self.weight(CLASSES, shape.channels)
        net.op("Gemm", pooled, head, self.weight(CLASSES), out="scores", transB=1)
        return net.model([batch, 3, shape.side, shape.side], {"scores": [batch, CLASSES]}, entry="pixel_values")

    def embedded(self) -> str:
        """The patches as tokens, with others before them and positions added."""
        net, shape = self.net, self.shape
        name, size = "patch_embed.proj", shape.patch
        patches = net.conv(
            "pixel_values", 3, shape.channels, size, name=name, out="patches", strides=[size, size], pads=[0] * 4
        )
        if shape.exporter == "torchscript":  # flatten(2) by Shape, Slice, Concat
            first = net.op("Slice", net.op("Shape", patches), self.ints(0), self.ints(2), self.ints(0))
            row = net.op("Reshape", patches, net.op("Concat", first, self.ints(-1), axis=0))
        else:
            row = net.op("Reshape", patches, self.ints(1, shape.channels, shape.places), allowzero=1)
        tokens = net.op("Transpose", row, perm=[0, 2, 1])
        if shape.registers_last:
            tokens = net.op("Add", tokens, self.weight(1, shape.places, shape.channels))
        own = [self.weight(1, 1, shape.channels) for _ in range(shape.own_tokens)]
        if own:
            tokens = net.op("Concat", *own, tokens, axis=1)
        if not shape.registers_last:
            tokens = net.op("Add", tokens, self.weight(1, shape.count, shape.channels))
        return tokens

    def block(self, tokens: str) -> str:
        net = self.net
        attended = self.scaled(self.linear(self.attention(self.layer_norm(tokens)), self.shape.channels))
        middle = net.op("Add", tokens, attended)
        wide = self.gelu(self.linear(self.layer_norm(middle), 2 * self.shape.channels))
        result = net.op("Add", middle, self.scaled(self.linear(wide, self.shape.channels, 2 * self.shape.channels)))
        self.sums.append(result)
        return result

    def scaled(self, tensor: str) -> str:
        if not self.shape.scaled:
            return tensor
        return self.net.op("Mul", tensor, self.weight(self.shape.channels, scale=1.0))

    def linear(self, tensor: str, outputs: int, inputs: int | None = None) -> str:
        inputs = inputs or self.shape.channels
        product = self.net.op("MatMul", tensor, self.weight(inputs, outputs, scale=float(1 / np.sqrt(inputs))))
        return self.net.op("Add", self.weight(outputs, scale=0.1), product)

    def layer_norm(self, tensor: str) -> str:
        net, channels = self.net, self.shape.channels
        scale, bias = net.weight(1 + 0.1 * self._numbers.normal(size=channels)), self.weight(channels, scale=0.1)
        if not self.shape.layer_norm_written_out:
            return net.op("LayerNormalization", tensor, scale, bias, axis=-1, epsilon=EPSILON)
        centred = net.op("Sub", tensor, self.mean(tensor))
        variance = self.mean(net.op("Pow", centred, net.weight(2.0)))
        deviation = net.op("Sqrt", net.op("Add", variance, net.weight(EPSILON)))
        return net.op("Add", net.op("Mul", net.op("Div", centred, deviation), scale), bias)

    def mean(self, tensor: str) -> str:
        if self.net.opset >= 18:
            return self.net.op("ReduceMean", tensor, self.ints(-1))
        return self.net.op("ReduceMean", tensor, axes=[-1])

    def gelu(self, tensor: str) -> str:
        net = self.net
        if self.shape.exporter == "dynamo23":
            return net.op("Gelu", tensor, approximate="none")
        odd = net.op("Add", net.op("Erf", net.op("Div", tensor, net.weight(float(np.sqrt(2))))), net.weight(1.0))
        return net.op("Mul", net.op("Mul", tensor, odd), net.weight(0.5))

    def attention(self, tokens: str) -> str:
        """(1, tokens, channels) -> the same, from all heads."""
        net, shape = self.net, self.shape
        queries, keys, values = self.heads_apart(tokens) if shape.apart else self.heads_together(tokens)
        length = shape.channels // shape.heads
        if shape.exporter == "dynamo23":
            mixed = net.op("Attention", queries, keys, values, is_causal=0, softcap=0.0, qk_matmul_output_mode=0)
        else:
            root = net.weight(float(length**-0.25))  # both factors are scaled, so that no product is large
            turned = net.op("Mul", net.op("Transpose", keys, perm=[0, 1, 3, 2]), root)
            weights = net.op("Softmax", net.op("MatMul", net.op("Mul", queries, root), turned), axis=-1)
            self.softmaxes.append(weights)
            mixed = net.op("MatMul", weights, values)
        joined = net.op("Transpose", mixed, perm=[0, 2, 1, 3])
        return net.op("Reshape", joined, self.ints(1, shape.count, shape.channels))

    def heads_together(self, tokens: str) -> list[str]:
        """One product for queries, keys and values, as in timm."""
        net, shape = self.net, self.shape
        length = shape.channels // shape.heads
        joined = self.linear(tokens, 3 * shape.channels)
        apart = net.op("Reshape", joined, self.ints(1, shape.count, 3, shape.heads, length))
        turned = net.op("Transpose", apart, perm=[2, 0, 3, 1, 4])
        if shape.exporter == "torchscript":
            parts = [net.name() for _ in range(3)]
            net.nodes.append(helper.make_node("Split", [turned, self.ints(1, 1, 1)], parts, name=parts[0], axis=0))
        else:
            parts = [
                net.op("Slice", turned, self.ints(place), self.ints(place + 1), self.ints(0)) for place in range(3)
            ]
        return [net.op("Squeeze", part, self.ints(0)) for part in parts]

    def heads_apart(self, tokens: str) -> list[str]:
        net, shape = self.net, self.shape
        size = self.ints(1, shape.count, -1, shape.channels // shape.heads)
        return [
            net.op("Transpose", net.op("Reshape", self.linear(tokens, shape.channels), size), perm=[0, 2, 1, 3])
            for _ in range(3)
        ]


TRANSFORMERS: dict[str, Shape] = {
    "ViT of timm, TorchScript": Shape(),
    "ViT of timm, dynamo": Shape(exporter="dynamo"),
    "ViT of timm, dynamo at opset 23": Shape(exporter="dynamo23"),
    "ViT of transformers": Shape(exporter="dynamo", apart=True),
    "ViT of transformers, dynamo at opset 23": Shape(exporter="dynamo23", apart=True),
    "DeiT with a token of distillation": Shape(own_tokens=2),
    "DINOv2 with registers": Shape(own_tokens=5, registers_last=True, scaled=True, patch=8, side=24),
    "DINOv2 with registers, opset 23": Shape("dynamo23", own_tokens=5, registers_last=True, scaled=True),
    "mean of the patches": Shape(exporter="dynamo", own_tokens=0),
    "normalization written out": Shape(exporter="dynamo", layer_norm_written_out=True),
}


def value(name: str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
