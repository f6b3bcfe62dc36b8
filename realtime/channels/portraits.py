"""What each channel of a layer likes: small feature visualisations, kept in the cache."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from models.files import write_atomically
from models.spec import LayerInfo, Network
from models.zoo import cache_folder
from realtime.imaging.frame import Image
from realtime.imaging.png import encode_png
from realtime.inference.engine import Engine
from realtime.inference.predictions import classify, is_sure
from realtime.maximization.maximize import Target, maximize, with_deconv_fallback

SIDE, STEPS = 128, 64


@dataclass(frozen=True, slots=True)
class Portrait:
    """The picture that a channel likes, and the class that the network then sees, if it is sure of one."""

    channel: int
    image: Image
    label: str = ""


def portraits(engine: Engine, network: Network, layer: LayerInfo) -> Iterator[Portrait]:
    """The portrait of every channel of a layer, in order; those that are not in the cache are drawn."""
    for channel in range(layer.channels):
        yield portrait(engine, network, layer, channel)


def portrait(engine: Engine, network: Network, layer: LayerInfo, channel: int) -> Portrait:
    """The portrait of a channel; OutputError when its picture cannot be kept in the cache."""
    image = portrait_image(engine, network, layer, channel)
    return Portrait(channel, image, _label(engine, network, image))


def portrait_image(engine: Engine, network: Network, layer: LayerInfo, channel: int) -> Image:
    """The picture that a channel likes, from the cache or drawn; OutputError when it cannot be kept there."""
    folder = _folder(network, layer)
    image = _kept(folder, channel)
    if image is None:
        image = _drawn(engine, network, layer, channel)
        write_atomically(_path(folder, channel), encode_png(image))
    return image


def _folder(network: Network, layer: LayerInfo) -> Path:
    """Where the portraits of a layer are kept; another input format gives other pictures."""
    digest = hashlib.sha256(f"{network.digest} {network.info.input}".encode()).hexdigest()[:16]
    name = re.sub(r"[^\w.-]", "_", layer.name)
    return cache_folder() / "portraits" / digest / f"{name}-{SIDE}-{STEPS}"


def _path(folder: Path, channel: int) -> Path:
    return folder / f"{channel:04d}.png"


def _kept(folder: Path, channel: int) -> Image | None:
    path = _path(folder, channel)
    content = np.frombuffer(path.read_bytes(), np.uint8) if path.is_file() else np.empty(0, np.uint8)
    return cv2.imdecode(content, cv2.IMREAD_COLOR) if content.size else None  # type: ignore[return-value]


def _drawn(engine: Engine, network: Network, layer: LayerInfo, channel: int) -> Image:
    gradient = Target(layer.name, channel, f"channel {channel}").gradient(engine, network)
    size_hw = gradient.limits.fit((SIDE, SIDE))
    rng = np.random.default_rng([0, channel])
    return maximize(with_deconv_fallback(gradient), size_hw, STEPS, rng, lambda: None)[0]


def _label(engine: Engine, network: Network, image: Image) -> str:
    if network.info.classifier is None:
        return ""
    best = classify(engine, network, image, 1)
    return best[0].label if is_sure(best) else ""
