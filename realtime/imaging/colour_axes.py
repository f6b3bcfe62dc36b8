"""Decorrelated axes of colour."""

import numpy as np

AXES = np.array([(1, 1, 1), (1, 0, -1), (1, -2, 1)]) / np.sqrt([[3], [2], [6]])
"""Lightness, blue against yellow, green against purple, in BGR: nearly the principal axes of the colours of natural
scenes (Ruderman, Cronin and Chiao 1998)."""
