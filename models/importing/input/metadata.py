"""Read the metadata and the description of a file: input, labels, image size."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import onnx

from models.importing.input.normalization import TENSORFLOW, InputEstimate, Normalization
from models.spec import Colours, Hw, InputLimits

Metadata: TypeAlias = Mapping[str, str]
"""Metadata by lower-case keys; the description is under "doc_string"."""

NUMBER = r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?"
LARGEST_SIDE, LARGEST_NUMBER = 1024, 1e6
MEAN_KEYS = ("mean", "mean_values", "image_mean", "input_mean", "pixel_mean", "means")
STD_KEYS = ("std", "image_std", "input_std", "pixel_std", "stds", "stddev")
SCALE_KEYS = ("scale", "input_scale", "rescale_factor", "scale_factor")
ORDER_KEYS = (
    "input_layout",
    "color_order",
    "colour_order",
    "channel_order",
    "color_format",
    "image.bitmappixelformat",
)


def read_metadata(model: onnx.ModelProto) -> Metadata:
    """The metadata of `model`."""
    metadata = {entry.key.lower(): entry.value for entry in model.metadata_props}
    return metadata | {"doc_string": f"{model.doc_string} {model.graph.doc_string}"}


def from_metadata(metadata: Metadata, channels: int) -> InputEstimate | None:
    """The input as the metadata says, or else the description; None when neither mentions it."""
    for text, where in ((metadata, "from its metadata"), (_described(metadata["doc_string"]), "from its description")):
        normalization = _read(text)
        if normalization is not None:
            return InputEstimate(normalization.input(channels), where, sure=True)
    return None


def _described(text: str) -> Metadata:
    """A sentence such as "BGR 0..255 minus (104,117,123)" as metadata."""
    minus = re.search(rf"minus\s*(\([^)]*\)|{NUMBER})", text)
    metadata = {"mean": minus.group(1)} if minus else {}
    if order := re.search(r"\b(BGR|RGB)\b", text):
        metadata["color_order"] = order.group(1)
    if span := re.search(r"(-1|0)\s*(?:\.\.|to|-)\s*(1|255)\b", text):
        metadata["input_range"] = f"{span.group(1)}..{span.group(2)}"
    return metadata if minus or span else {}


def _read(metadata: Metadata) -> Normalization | None:
    order = _order(metadata)
    span = " ".join(metadata.get(key, "") for key in ("input_range", "range", "image.nominalpixelrange")).lower()
    mean, deviation = _first(metadata, MEAN_KEYS), _first(metadata, STD_KEYS)
    scale = _first(metadata, SCALE_KEYS)
    if not (span.strip() or mean or deviation or scale):
        return None
    colours = order or ("BGR" if mean and max(mean) > 2 and mean[0] < mean[-1] else "RGB")
    unit = _is_unit(span, mean, deviation)
    if not mean and re.search(r"-1(\.0)?\s*(\.\.|to|,|_)|normalized_1_1", span):
        return Normalization("metadata", colours, TENSORFLOW.mean, TENSORFLOW.scale)
    factor = 255.0 if unit else 1.0
    subtracted = _three(mean or (0.0,))
    if _named(metadata) == colours[::-1]:
        subtracted = subtracted[::-1]
    divided = _three(deviation or tuple(1 / each for each in scale or (1.0,)))
    return Normalization(
        "metadata",
        colours,
        tuple(value * factor for value in subtracted),
        tuple(1 / (value * factor) for value in divided),
    )


def _is_unit(span: str, mean: tuple[float, ...] | None, deviation: tuple[float, ...] | None) -> bool:
    """Whether pixels are scaled to 0 to 1 before the mean is subtracted."""
    if "255" in span:
        return False
    if mean and max(mean) > 2:
        return False
    return bool((mean and any(mean)) or (deviation and max(deviation) <= 2) or re.search(r"0(\.0)?\D+1", span))


def _order(metadata: Metadata) -> Colours | None:
    for key in ORDER_KEYS:
        letters = re.sub(r"[^A-Z]", "", metadata.get(key, "").upper())
        if match := re.search(r"BGR|RGB", letters):
            return "BGR" if match.group() == "BGR" else "RGB"
    return None


def _first(metadata: Metadata, keys: Sequence[str]) -> tuple[float, ...] | None:
    """The one or three numbers under the first key that has them; each may follow the name of its colour."""
    for key in keys:
        text = re.sub(r"[A-Za-z]\s*=", " ", metadata.get(key, ""))
        numbers = tuple(float(number) for number in re.findall(NUMBER, text))
        sane = len(numbers) in (1, 3) and all(abs(number) < LARGEST_NUMBER for number in numbers)
        if sane and (keys is MEAN_KEYS or all(numbers)):
            return numbers
    return None


def _named(metadata: Metadata) -> str:
    """The order in which a mean such as "B=104 G=117 R=123" names its colours."""
    return "".join(re.findall(r"([RGB])\s*=", " ".join(metadata.get(key, "") for key in MEAN_KEYS)))


def _three(values: tuple[float, ...]) -> tuple[float, ...]:
    return values * 3 if len(values) == 1 else values


def labels_in(metadata: Metadata, classes: int) -> tuple[str, ...] | None:
    """The names of the classes, if the metadata has as many as there are `classes`."""
    for key in ("labels", "classes", "names", "class_names"):
        names = _names(metadata.get(key, ""))
        if len(names) == classes and all(names):
            return names
    return None


def _names(text: str) -> tuple[str, ...]:
    """From JSON, a Python dict as Ultralytics writes it, lines, or commas."""
    text = text.strip()
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        record = None
    if isinstance(record, dict):
        record = list(record.values())
    if isinstance(record, list):
        return tuple(" ".join(str(each).split()) for each in record)
    quoted = re.findall(r"\d+\s*:\s*(?:'([^']*)'|\"([^\"]*)\")", text) if text.startswith("{") else []
    if quoted:
        return tuple(single or double for single, double in quoted)
    return tuple(part.strip() for part in re.split(r"\n|;" if "\n" in text or ";" in text else ",", text))


def native_size(metadata: Metadata, limits: InputLimits) -> Hw | None:
    """The image size that the network was trained on, if the metadata names one that it takes."""
    for key in ("native_size", "input_size", "imgsz", "image_size"):
        numbers = [int(number) for number in re.findall(r"\d{2,4}", metadata.get(key, ""))]
        fits = all(number <= LARGEST_SIDE and limits.side(number) == number for number in numbers)
        if len(numbers) in (1, 2) and fits:
            return numbers[0], numbers[-1]
    return None
