"""How a gradient passes a ReLU."""

from typing import Literal, TypeAlias

BackpropRule: TypeAlias = Literal["plain", "guided", "deconv"]
"""The plain gradient, guided backpropagation (Springenberg et al. 2014), or the deconvolutional network (Zeiler and
Fergus 2013). The last two give clearer pictures of what a channel detects."""
