"""Networks in 8-bit integers, with scales that are given at run time and follow the activations.

A tensor x is stored as uint8 levels q: x = scale * (q - zero). Kernels are int8 with one scale for each output channel.
No set of pictures for calibration is needed: the graph takes the scales as an input, and returns the largest level of
each tensor, from which the caller finds better scales.
"""
