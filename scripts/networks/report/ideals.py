"""What the network looks for: the pictures that its classes, and some of its channels, answer to most."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from models.spec import CLASSES, Hw, LayerInfo
from realtime.dreams.maximize import maximize, with_fallback
from realtime.dreams.objective import ObjectiveGradient, channel_objective
from scripts.common.embedding import embed
from scripts.common.progress import progress
from scripts.networks.report.distinct import distinct
from scripts.networks.report.findings import Findings, few
from scripts.networks.report.section import Section, data_uri, png

MOST = 12
"""Classes that are drawn: those known best."""

CHANNELS = 6
"""Channels of a layer that are drawn."""

ASKED = 120
"""Pictures that tell how distinct the answers of channels are."""

LARGEST = 96
"""Pixels of a side of what is drawn, at most."""

STEPS, FEWEST = 64, 16
"""Of a climb; fewer where a network is so slow that all climbs would take longer than `SECONDS`."""

SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Wish:
    """A channel of a layer, or of CLASSES, its name, and what else is said of it."""

    layer: str
    channel: int
    name: str
    words: str = ""


def ideals(findings: Findings) -> Section:
    """The classes, then channels of a middle layer and of the deepest."""
    layers = dict.fromkeys((_landmark(findings, 0.5), _landmark(findings, 1.0)))
    groups = {"Classes": _classes(findings), **{_title(layer): _channels(findings, layer) for layer in layers}}
    groups = {title: wishes for title, wishes in groups.items() if wishes}
    steps = _affordable(findings, tuple(groups.values()))
    html = (
        "<p>No photographs: each of these began as grey and changed, step by step, into what the class or the channel"
        " answers to most.</p>"
    )
    with progress("what it looks for", steps * sum(map(len, groups.values()))) as advance:
        for title, wishes in groups.items():
            cards = "".join(_card(findings, wish, steps, advance) for wish in wishes)
            html += f"<h3>{escape(title)}</h3><div class=samples>{cards}</div>"
    return Section("Ideal pictures", html)


def _landmark(findings: Findings, depth: float) -> LayerInfo:
    """The landmark at a depth of 0 to 1."""
    landmarks = findings.network.info.landmarks
    return landmarks[round(depth * (len(landmarks) - 1))]


def _title(layer: LayerInfo) -> str:
    return f"Channels of {layer.name} that tell the classes apart"


def _classes(findings: Findings) -> list[Wish]:
    known = sorted(range(len(findings.scores)), key=lambda label: -findings.scores[label].f1)[:MOST]
    return [Wish(CLASSES, label, findings.pictures.classes[label]) for label in sorted(known)]


def _channels(findings: Findings, layer: LayerInfo) -> list[Wish]:
    """The channels with the most distinct answers, each with the class that it answers to most."""
    pictures = findings.pictures
    places = few(np.argsort(pictures.labels, kind="stable"), ASKED)
    answers, labels = (
        embed(findings.engine, findings.network, (layer.name,), pictures.images[places]),
        pictures.labels[places],
    )
    means = {label: answers[labels == label].mean(axis=0) for label in np.unique(labels)}
    return [
        Wish(
            layer.name,
            channel,
            f"channel {channel}",
            pictures.classes[max(means, key=lambda each: means[each][channel])],
        )
        for channel in distinct(answers, labels, CHANNELS)
    ]


def _affordable(findings: Findings, groups: Sequence[Sequence[Wish]]) -> int:
    """How many steps each climb may have."""
    seconds = sum(len(wishes) * _step_seconds(_slopes(findings, wishes[0])) for wishes in groups)
    return int(np.clip(SECONDS / seconds, FEWEST, STEPS))


def _step_seconds(slopes: ObjectiveGradient) -> float:
    grey = np.full((*_size_hw(slopes), 3), 127, np.float32)
    slopes(grey)  # opens the graph
    start = time.perf_counter()
    slopes(grey)
    return time.perf_counter() - start


def _slopes(findings: Findings, wish: Wish) -> ObjectiveGradient:
    return ObjectiveGradient(
        findings.engine, findings.network, channel_objective(findings.network.info, wish.layer, wish.channel)
    )


def _size_hw(slopes: ObjectiveGradient) -> Hw:
    side = max(min(slopes.network.info.scores.size_hw[0], LARGEST), slopes.smallest)
    return slopes.fixed_hw or (side, side)


def _card(findings: Findings, wish: Wish, steps: int, advance: Callable[[], None]) -> str:
    plain = _slopes(findings, wish)
    blind = ObjectiveGradient(plain.engine, plain.network, plain.objective.with_rule("deconv"))
    rng = np.random.default_rng([findings.recipe.seed, wish.channel])
    image, ascent = maximize(with_fallback(plain, blind), _size_hw(plain), steps, rng, advance)
    words = f"most for {wish.words}" if wish.words else ""
    if ascent.after <= ascent.before:
        words = "nothing found"
    name = escape(wish.name)
    return f'<div><img src="{data_uri(png(image))}" alt="{name}"><b>{name}</b>{escape(words)}</div>'
