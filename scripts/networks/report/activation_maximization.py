"""Activation maximization: synthetic pictures that maximize the classes and some channels of the network."""

from collections.abc import Callable, Sequence
from html import escape

import numpy as np

from models.spec import CLASSES, Hw, LayerInfo
from realtime.dreams.objective import ObjectiveGradient
from realtime.maximization.maximize import Target, maximize, with_deconv_fallback
from scripts.common.embedding import embed
from scripts.common.expected_time import pass_seconds
from scripts.common.progress import progress
from scripts.networks.report.discriminative_channels import discriminative_channels
from scripts.networks.report.evaluation import Evaluation, thin_out
from scripts.networks.report.section import Section, image_tag

MAX_CLASSES = 12  # classes to maximize: those with the best F1
CHANNELS = 6  # channels to maximize per layer
MAX_PICTURES = 120  # pictures from which the discriminative channels are computed
MAX_SIDE = 96  # pixels of the result
MAX_STEPS, MIN_STEPS = 64, 16  # gradient ascent steps per picture: as many as fit into `MAX_SECONDS` for all pictures

MAX_SECONDS = 30.0


def activation_maximization(evaluation: Evaluation) -> Section:
    """The classes, then channels of a middle layer and of the deepest key layer."""
    layers = dict.fromkeys((_key_layer(evaluation, 0.5), _key_layer(evaluation, 1.0)))
    groups = {"Classes": _classes(evaluation)}
    groups |= {f"Discriminative channels of {each.name}": _channels(evaluation, each) for each in layers}
    groups = {title: targets for title, targets in groups.items() if targets}
    steps = _affordable_steps(evaluation, tuple(groups.values()))
    html = (
        "<p>Synthetic pictures: each starts as grey noise and is optimized by gradient ascent to maximize a class or a"
        " channel.</p>"
    )
    with progress("activation maximization", steps * sum(map(len, groups.values()))) as advance:
        for title, targets in groups.items():
            cards = "".join(_card(evaluation, target, steps, advance) for target in targets)
            html += f"<h3>{escape(title)}</h3><div class=samples>{cards}</div>"
    return Section("Activation maximization", html)


def _key_layer(evaluation: Evaluation, depth: float) -> LayerInfo:
    """The key layer at a depth of 0 to 1."""
    layers = evaluation.network.info.key_layers
    return layers[round(depth * (len(layers) - 1))]


def _classes(evaluation: Evaluation) -> list[Target]:
    scores = evaluation.scores
    best = sorted(range(len(scores)), key=lambda place: -scores[place].f1)[:MAX_CLASSES]
    return [Target(CLASSES, int(evaluation.present[place]), scores[place].name) for place in sorted(best)]


def _channels(evaluation: Evaluation, layer: LayerInfo) -> list[Target]:
    """The discriminative channels, each with the class of its highest mean activation."""
    dataset = evaluation.dataset
    indices = thin_out(np.argsort(dataset.labels, kind="stable"), MAX_PICTURES)
    labels = dataset.labels[indices]
    activations = embed(evaluation.engine, evaluation.network, (layer.name,), dataset.images[indices])
    present = np.unique(labels)
    best = present[np.argmax([activations[labels == label].mean(axis=0) for label in present], axis=0)]
    return [
        Target(layer.name, channel, f"channel {channel}", f"most active for {dataset.classes[best[channel]]}")
        for channel in discriminative_channels(activations, labels, CHANNELS)
    ]


def _affordable_steps(evaluation: Evaluation, groups: Sequence[Sequence[Target]]) -> int:
    """The number of steps per picture that keeps to the time limit."""
    seconds = sum(
        len(targets) * pass_seconds(gradient, _size_hw(gradient))
        for targets in groups
        for gradient in [targets[0].gradient(evaluation.engine, evaluation.network)]
    )
    return int(np.clip(MAX_SECONDS / seconds, MIN_STEPS, MAX_STEPS))


def _size_hw(objective: ObjectiveGradient) -> Hw:
    side = min(objective.network.info.scores.size_hw[0], MAX_SIDE)
    return objective.limits.fit((side, side))


def _card(evaluation: Evaluation, target: Target, steps: int, advance: Callable[[], None]) -> str:
    gradient = target.gradient(evaluation.engine, evaluation.network)
    rng = np.random.default_rng([evaluation.config.seed, target.channel])
    image, result = maximize(with_deconv_fallback(gradient), _size_hw(gradient), steps, rng, advance)
    note = target.note if result.after > result.before else "could not be increased"
    return f"<div>{image_tag(image, target.name)}<b>{escape(target.name)}</b>{escape(note)}</div>"
