"""ConvNeXt with random weights, as PyTorch's exporters write it: channels are last between two transposes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx

from tests.models.importing.nets import Net

CLASSES = 10
TO_NHWC, TO_NCHW = [0, 2, 3, 1], [0, 3, 1, 2]


class ConvNeXt:
    """A graph being written; `sums` are the results of the blocks."""

    def __init__(
        self, depths: Sequence[int] = (1, 1, 2), channels: Sequence[int] = (8, 16, 24), *, seed: int = 0
    ) -> None:
        self.net = Net(opset=18, producer="pytorch", seed=seed)
        self.sums: list[str] = []
        self._depths, self._channels = depths, channels
        self._numbers = np.random.default_rng(seed + 1)

    def weight(self, *dims: int, scale: float) -> str:
        return self.net.weight(self._numbers.normal(0, scale, dims))

    def model(self, side: int = 32) -> onnx.ModelProto:
        net, before = self.net, 3
        tensor = "pixel_values"
        for stage, (depth, channels) in enumerate(zip(self._depths, self._channels, strict=True)):
            if stage:
                tensor = self.normalized(tensor, before)
            size, name = (2 if stage else 4), f"stages.{stage}.downsample" if stage else "stem"
            tensor = net.conv(tensor, before, channels, size, name=name, strides=[size, size], pads=[0] * 4)
            if not stage:
                tensor = self.normalized(tensor, channels)
            for block in range(depth):
                tensor = self.block(tensor, channels, f"stages.{stage}.blocks.{block}")
            before = channels
        flat = net.op("Flatten", net.op("GlobalAveragePool", tensor), axis=1)
        net.op(
            "Gemm", flat, self.weight(CLASSES, before, scale=0.3), self.weight(CLASSES, scale=0.1), out="y", transB=1
        )
        return net.model([1, 3, side, side], {"y": [1, CLASSES]}, entry="pixel_values")

    def normalized(self, tensor: str, channels: int) -> str:
        """LayerNormalization of each place."""
        last = self.net.op("Transpose", tensor, perm=TO_NHWC)
        return self.net.op("Transpose", self.layer_norm(last, channels), perm=TO_NCHW)

    def layer_norm(self, tensor: str, channels: int) -> str:
        scale = self.net.weight(1 + 0.1 * self._numbers.normal(size=channels))
        return self.net.op("LayerNormalization", tensor, scale, self.weight(channels, scale=0.1), axis=-1, epsilon=1e-6)

    def linear(self, tensor: str, inputs: int, outputs: int) -> str:
        product = self.net.op("MatMul", tensor, self.weight(inputs, outputs, scale=float(inputs**-0.5)))
        return self.net.op("Add", product, self.weight(outputs, scale=0.1))

    def block(self, tensor: str, channels: int, name: str) -> str:
        net = self.net
        wide = net.conv(tensor, channels, channels, 7, name=f"{name}.conv_dw", group=channels)
        last = self.layer_norm(net.op("Transpose", wide, perm=TO_NHWC), channels)
        inner = self.linear(last, channels, 4 * channels)
        odd = net.op("Add", net.op("Erf", net.op("Div", inner, net.weight(float(np.sqrt(2))))), net.weight(1.0))
        gelu = net.op("Mul", net.op("Mul", inner, odd), net.weight(0.5))
        scaled = net.op("Mul", self.linear(gelu, 4 * channels, channels), self.weight(channels, scale=1.0))
        result = net.op("Add", tensor, net.op("Transpose", scaled, perm=TO_NCHW))
        net.nodes[-1].metadata_props.add(key="pkg.torch.onnx.name_scopes", value=f"['', '{name}', 'add']")
        self.sums.append(result)
        return result
