"""Features as colour: the principal components (PCA) of a layer's features are red, green and blue."""

import cv2
import numpy as np

from realtime.imaging.frame import Floats, Image, hw

RADIUS = 6  # pixels, of the guided filter
EPSILON = 1e-3  # of the guided filter: a variance of grey from 0 to 1
PERCENTILES = (1, 99)  # of a component, shown as black and as full colour
DARKEST = 0.45  # brightness of a colour where the picture is black


def features_as_colour(features: Floats, image: Image) -> Image:
    """The features (channels, height, width) of an image as colours at its size, lit by its brightness.

    The colours are the three principal components of the directions of the features, so that the same features have
    the same colour within an image. Their edges follow those of the image.
    """
    components = _components(features)
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) / 255, np.float32)
    enlarged = np.asarray(cv2.resize(components, hw(image)[::-1], interpolation=cv2.INTER_CUBIC), np.float32)
    colours = np.clip(guided_filter(enlarged, grey), 0, 1) * (DARKEST + (1 - DARKEST) * grey)[..., None]
    return np.asarray(np.round(colours * 255), np.uint8)


def _components(features: Floats) -> Floats:
    """(height, width, 3), each 0 to 1."""
    channels, *size_hw = features.shape
    places = features.reshape(channels, -1).T
    places = places / (np.linalg.norm(places, axis=1, keepdims=True) + 1e-6)
    places = places - places.mean(axis=0)
    _, axes = np.linalg.eigh(places.T @ places)
    components = places @ axes[:, : -min(3, channels) - 1 : -1]
    low, high = np.percentile(components, PERCENTILES, axis=0)
    scaled = (components - low) / np.maximum(high - low, 1e-6)
    padded = np.pad(scaled, ((0, 0), (0, 3 - scaled.shape[1])), constant_values=0.5)
    return np.asarray(padded.reshape(*size_hw, 3), np.float32)


def guided_filter(colours: Floats, guide: Floats) -> Floats:
    """`colours` (height, width, 3), smoothed except at the edges of `guide` (height, width) (He et al. 2010)."""
    guide = np.repeat(guide[..., None], colours.shape[2], axis=2)
    mean_guide, mean_colours = _mean(guide), _mean(colours)
    slope = (_mean(guide * colours) - mean_guide * mean_colours) / (_mean(guide * guide) - mean_guide**2 + EPSILON)
    return _mean(slope) * guide + _mean(mean_colours - slope * mean_guide)


def _mean(values: Floats) -> Floats:
    """The mean around every pixel."""
    return np.asarray(cv2.blur(values, (2 * RADIUS + 1,) * 2), np.float32)
