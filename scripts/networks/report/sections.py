"""The sections of a report, in order: each is a function of the findings."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import numpy as np
from numpy.typing import NDArray

from models.training.config import SCRATCH
from models.training.history import best
from scripts.common.embedding import embed
from scripts.networks.report import charts
from scripts.networks.report.evidence import heat
from scripts.networks.report.feature_maps import feature_maps
from scripts.networks.report.findings import Findings, few
from scripts.networks.report.ideals import ideals
from scripts.networks.report.section import Figure, Section, data_uri, png, table

SAMPLES = 12
"""Pictures that are shown of those named rightly, and of those named wrongly."""

MAPPED = 240
"""Pictures on the map of embeddings."""

CROWD = 40
"""Pictures from which on t-SNE tells more than principal axes."""


def summary(findings: Findings) -> Section:
    """What was learned from what, how long, how well."""
    pictures, recipe, history = findings.pictures, findings.recipe, findings.trained.history
    begun = "new, of VGG16's shape at quarter width" if recipe.start == SCRATCH else f"fine-tuned from {recipe.start}"
    parts = findings.trained.parts
    facts = {
        "Right, of the pictures kept for checking": f"{100 * findings.accuracy:.0f} %",
        "Pictures": f"{len(pictures.images)}: {len(parts.train)} to learn from, {len(parts.validation)} to check with",
        "Classes": f"{len(pictures.classes)}",
        "Network": f"{begun}, {findings.network.path.stat().st_size / 1e6:.1f} MB",
        "Seen at": f"{recipe.size} x {recipe.size} pixels",
        "Epochs": f"{len(history)} of {recipe.epochs}; kept: number {best(history) + 1}, of the lowest loss",
        "Learning": f"{findings.seconds:.0f} s",
    }
    items = "".join(f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>" for name, value in facts.items())
    kind = (
        "<p class=note>The pictures kept for checking also chose the epoch that was kept, so the share of right ones is"
        " slightly optimistic.</p>"
    )
    return Section("Summary", f"<dl>{items}</dl>{kind}{_groups(findings)}{_left_out(findings)}")


def _groups(findings: Findings) -> str:
    if not findings.pictures.grouped_by:
        return ""
    return (
        "<p class=note>These pictures came without classes. The groups below are clusters (k-means) of what the network"
        f" {escape(findings.pictures.grouped_by)} sees in them: the figures say how well a network finds these groups"
        " again, not how right they are.</p>"
    )


def _left_out(findings: Findings) -> str:
    lines = "".join(f"<li>{escape(line)}</li>" for line in findings.pictures.skipped)
    return f"<p class=note>Left out:</p><ul class=note>{lines}</ul>" if lines else ""


def learning(findings: Findings) -> Section:
    """The curves."""
    chart = charts.curves(findings.trained.history)
    figure = Figure(
        "curves", chart, "Loss and accuracy after each epoch; the dotted line marks the epoch that was kept"
    )
    return Section("Learning", figure.html, (figure,))


def metrics(findings: Findings) -> Section:
    """Precision, recall and F1 of every class."""
    rows: list[tuple[str, ...]] = [
        (each.name, f"{each.precision:.2f}", f"{each.recall:.2f}", f"{each.f1:.2f}", str(each.checked))
        for each in findings.scores
    ]
    means = np.mean([(each.precision, each.recall, each.f1) for each in findings.scores], axis=0)
    rows.append(("mean", *(f"{mean:.2f}" for mean in means), str(len(findings.checked))))
    words = (
        "<p>Precision: of the pictures given this name, the share that deserve it. Recall: of the pictures that deserve"
        " it, the share that got it. F1 is their harmonic mean.</p>"
    )
    return Section("Classes", words + table(("class", "precision", "recall", "F1", "checked"), rows))


def mistakes(findings: Findings) -> Section:
    """The confusion matrix."""
    chart = charts.confusion(findings.confusion, findings.pictures.classes)
    figure = Figure("confusion", chart, "What each class was taken for")
    return Section("Confusion", figure.html, (figure,))


def embedding(findings: Findings) -> Section:
    """The map of what the last layer sees."""
    pictures, parts = findings.pictures, findings.trained.parts
    rng = np.random.default_rng(findings.recipe.seed)
    places = np.concatenate([rng.permutation(parts.validation), rng.permutation(parts.train)])[:MAPPED]
    last = findings.network.info.layers[-1].name
    vectors = embed(findings.engine, findings.network, (last,), pictures.images[places])
    points, method = _flattened(vectors.astype(np.float64), findings.recipe.seed)
    count = len(pictures.classes)
    chart = charts.scatter(points, list(pictures.images[places]), pictures.labels[places], count)
    figure = Figure(
        "embedding", chart, f"{method} of the mean activations of {last}: what lies close looks alike to it"
    )
    keys = "".join(
        f'<li><i style="background:{charts.class_colour(label, count)}"></i>{escape(name)}</li>'
        for label, name in enumerate(pictures.classes)
    )
    return Section("Map", f"{figure.html}<ul class=key>{keys}</ul>", (figure,))


def _flattened(vectors: NDArray[np.float64], seed: int) -> tuple[NDArray[np.float64], str]:
    """(n, 2), and what it is called: t-SNE (van der Maaten and Hinton 2008), or two principal axes for few."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    if len(vectors) < CROWD:
        return np.asarray(PCA(2, random_state=seed).fit_transform(vectors)), "The two main axes"
    return np.asarray(TSNE(2, init="pca", random_state=seed).fit_transform(vectors), np.float64), "t-SNE"


def samples(findings: Findings) -> Section:
    """Checked pictures, named rightly and wrongly, the surest first."""
    html = ""
    for title, places in (("Right", findings.right), ("Wrong", findings.wrong)):
        cards = "".join(_card(findings, int(place)) for place in few(places, SAMPLES))
        html += f"<h3>{title}: {len(places)}</h3>" + (f"<div class=samples>{cards}</div>" if cards else "")
    return Section("Samples", html)


def _card(findings: Findings, place: int) -> str:
    pictures, picture = findings.pictures, findings.checked[place]
    said, truth = findings.predicted[place], findings.truth[place]
    probability = 100 * findings.probabilities[place, said]
    wrong = "" if said == truth else f"<em>it is {escape(pictures.classes[truth])}</em>"
    return (
        f'<div><img src="{data_uri(png(pictures.images[picture]))}" alt="{escape(pictures.names[picture])}"'
        f' title="{escape(pictures.names[picture])}"><b>{escape(pictures.classes[said])}</b>{wrong}'
        f'<span class=bar><i style="width:{probability:.0f}%"></i></span>{probability:.0f} %</div>'
    )


SECTIONS: tuple[Callable[[Findings], Section], ...] = (
    summary,
    learning,
    metrics,
    mistakes,
    embedding,
    samples,
    heat,
    feature_maps,
    ideals,
)
"""A new section is a new function in its place here."""
