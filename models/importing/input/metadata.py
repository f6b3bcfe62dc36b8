"""What a file says about its network in its metadata and its description."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import onnx

from models.importing.input.normalization import TENSORFLOW, InputEstimate, Normalization
from models.spec import Colours, Hw

Metadata: TypeAlias = Mapping[str, str]
"""Metadata by keys in small letters; the description is under "doc_string"."""

NUMBER = r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?"
LARGEST_SIDE, LARGEST_NUMBER = 1024, 1e6
MEAN_WORDS = ("mean", "mean_values", "image_mean", "input_mean", "pixel_mean", "means")
STD_WORDS = ("std", "image_std", "input_std", "pixel_std", "stds", "stddev")
SCALE_WORDS = ("scale", "input_scale", "rescale_factor", "scale_factor")
ORDER_WORDS = (
    "input_layout",
    "color_order",
    "colour_order",
    "channel_order",
    "color_format",
    "image.bitmappixelformat",
)


def read_metadata(model: onnx.ModelProto) -> Metadata:
    """What `model` says of itself."""
    said = {entry.key.lower(): entry.value for entry in model.metadata_props}
    return said | {"doc_string": f"{model.doc_string} {model.graph.doc_string}"}


def from_metadata(said: Metadata, channels: int) -> InputEstimate | None:
    """What the metadata says of the input, or else the description; None when they say nothing."""
    for text, where in ((said, "from its metadata"), (_described(said["doc_string"]), "from its description")):
        found = _read(text)
        if found is not None:
            return InputEstimate(found.input(channels), where, sure=True)
    return None


def _described(text: str) -> Metadata:
    """What a sentence such as "BGR 0..255 minus (104,117,123)" says, as metadata would."""
    minus = re.search(rf"minus\s*(\([^)]*\)|{NUMBER})", text)
    found = {"mean": minus.group(1)} if minus else {}
    if order := re.search(r"\b(BGR|RGB)\b", text):
        found["color_order"] = order.group(1)
    if span := re.search(r"(-1|0)\s*(?:\.\.|to|-)\s*(1|255)\b", text):
        found["input_range"] = f"{span.group(1)}..{span.group(2)}"
    return found if minus or span else {}


def _read(said: Metadata) -> Normalization | None:
    order = _order(said)
    span = " ".join(said.get(key, "") for key in ("input_range", "range", "image.nominalpixelrange")).lower()
    mean, deviation = _first(said, MEAN_WORDS), _first(said, STD_WORDS)
    scale = _first(said, SCALE_WORDS)
    if not (span.strip() or mean or deviation or scale):
        return None
    colours = order or ("BGR" if mean and max(mean) > 2 and mean[0] < mean[-1] else "RGB")
    unit = _is_unit(span, mean, deviation)
    if not mean and re.search(r"-1(\.0)?\s*(\.\.|to|,|_)|normalized_1_1", span):
        return Normalization("metadata", colours, TENSORFLOW.mean, TENSORFLOW.scale)
    factor = 255.0 if unit else 1.0
    subtracted = _three(mean or (0.0,))
    if _named(said) == colours[::-1]:
        subtracted = subtracted[::-1]
    divided = _three(deviation or tuple(1 / each for each in scale or (1.0,)))
    return Normalization(
        "metadata",
        colours,
        tuple(value * factor for value in subtracted),
        tuple(1 / (value * factor) for value in divided),
    )


def _is_unit(span: str, mean: tuple[float, ...] | None, deviation: tuple[float, ...] | None) -> bool:
    """Whether pixels go from 0 to 1 before anything is taken away."""
    if "255" in span:
        return False
    if mean and max(mean) > 2:
        return False
    return bool((mean and any(mean)) or (deviation and max(deviation) <= 2) or re.search(r"0(\.0)?\D+1", span))


def _order(said: Metadata) -> Colours | None:
    for key in ORDER_WORDS:
        letters = re.sub(r"[^A-Z]", "", said.get(key, "").upper())
        if match := re.search(r"BGR|RGB", letters):
            return "BGR" if match.group() == "BGR" else "RGB"
    return None


def _first(said: Metadata, words: Sequence[str]) -> tuple[float, ...] | None:
    """The one or three numbers under the first key that has them; names of colours may stand before each."""
    for key in words:
        text = re.sub(r"[A-Za-z]\s*=", " ", said.get(key, ""))
        numbers = tuple(float(number) for number in re.findall(NUMBER, text))
        sane = len(numbers) in (1, 3) and all(abs(number) < LARGEST_NUMBER for number in numbers)
        if sane and (words is MEAN_WORDS or all(numbers)):
            return numbers
    return None


def _named(said: Metadata) -> str:
    """The order in which a mean such as "B=104 G=117 R=123" names its colours."""
    return "".join(re.findall(r"([RGB])\s*=", " ".join(said.get(key, "") for key in MEAN_WORDS)))


def _three(values: tuple[float, ...]) -> tuple[float, ...]:
    return values * 3 if len(values) == 1 else values


def labels_in(said: Metadata, classes: int) -> tuple[str, ...] | None:
    """The names of the classes, when the metadata has as many as there are classes."""
    for key in ("labels", "classes", "names", "class_names"):
        names = _names(said.get(key, ""))
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


def native_size(said: Metadata, smallest: int) -> Hw | None:
    """The size of picture that the network was trained on, when the metadata names one."""
    for key in ("native_size", "input_size", "imgsz", "image_size"):
        numbers = [int(number) for number in re.findall(r"\d{2,4}", said.get(key, ""))]
        if len(numbers) in (1, 2) and all(smallest <= number <= LARGEST_SIDE for number in numbers):
            return numbers[0], numbers[-1]
    return None
