"""The number formats in which graphs compute."""

from typing import Literal, TypeAlias

Precision: TypeAlias = Literal["fp32", "bf16", "fp16", "int8"]
"""The number format in which a graph computes; of bf16 the graph is that of fp32, and the provider rounds."""

PrecisionChoice: TypeAlias = Literal["auto", "fp32", "bf16", "fp16", "int8"]
