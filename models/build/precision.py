"""The number formats in which graphs compute."""

from typing import Literal, TypeAlias

Precision: TypeAlias = Literal["fp32", "fp16", "int8"]
"""The number format in which a graph computes."""

PrecisionChoice: TypeAlias = Literal["auto", "fp32", "fp16", "int8"]
