"""The sections of a report, in order; a new section is a function in the table at the end."""

from collections.abc import Callable
from html import escape

import numpy as np
from numpy.typing import NDArray

from models.training.config import SCRATCH
from models.training.history import best_epoch
from scripts.common.embedding import embed
from scripts.networks.report import charts
from scripts.networks.report.activation_maximization import activation_maximization
from scripts.networks.report.distillation import agreement, features_as_colour
from scripts.networks.report.evaluation import Evaluation
from scripts.networks.report.feature_maps import feature_maps
from scripts.networks.report.gradcam import gradcam
from scripts.networks.report.samples import samples
from scripts.networks.report.section import Figure, Section, table

MAX_EMBEDDED = 240  # pictures in the embedding
MIN_TSNE = 40  # pictures from which on t-SNE is used instead of PCA


def summary(evaluation: Evaluation) -> Section:
    """The data, the network, the training and the accuracy."""
    dataset, config, history = evaluation.dataset, evaluation.config, evaluation.trained.history
    start = (
        "trained from scratch, VGG16 with a quarter of the channels"
        if config.start == SCRATCH
        else f"fine-tuned from {config.start}"
    )
    if evaluation.trained.lesson is not None:
        start += f", taught by {evaluation.trained.lesson.network.info.name}"
    split = evaluation.trained.split
    rows = {
        f"Validation: {evaluation.accuracy_name}": f"{100 * evaluation.accuracy:.0f} %",
        "Expected calibration error": f"{100 * evaluation.calibration_error:.1f} %",
        "Pictures": f"{len(dataset.images)}: {len(split.train)} for training, {len(split.validation)} for validation",
        "Classes": f"{len(dataset.classes)}",
        "Network": f"{start}, {evaluation.network.path.stat().st_size / 1e6:.1f} MB",
        "Input size": f"{config.size} x {config.size} pixels",
        "Epochs": f"{len(history)} of at most {config.epochs}; best: {best_epoch(history) + 1}",
        "Training time": f"{evaluation.seconds:.0f} s",
    }
    items = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in rows.items())
    note = (
        "<p class=note>The best epoch and the calibration were chosen on the validation pictures, so these numbers are"
        " slightly optimistic.</p>"
    )
    return Section("Summary", f"<dl>{items}</dl>{note}{_origin_of_classes(evaluation)}{_skipped(evaluation)}")


def _origin_of_classes(evaluation: Evaluation) -> str:
    dataset = evaluation.dataset
    if dataset.classified_by:
        text = (
            f"The pictures had no classes. The classes below are those that {escape(dataset.classified_by)} predicts:"
            " the metrics say how often the network agrees with it."
        )
    elif dataset.clustered_by:
        text = (
            "The pictures had no classes. The classes below are clusters (k-means) of their embedding by"
            f" {escape(dataset.clustered_by)}: the metrics say how well the network reproduces the clusters, not how"
            " meaningful they are."
        )
    else:
        return ""
    return f"<p class=note>{text}</p>"


def _skipped(evaluation: Evaluation) -> str:
    lines = "".join(f"<li>{escape(line)}</li>" for line in evaluation.dataset.skipped)
    return f"<p class=note>Skipped pictures:</p><ul class=note>{lines}</ul>" if lines else ""


def learning_curves(evaluation: Evaluation) -> Section:
    """Loss and accuracy over the epochs."""
    chart = charts.learning_curves(evaluation.trained.history)
    figure = Figure("curves", chart, "Loss and accuracy after each epoch; the dotted line marks the best epoch")
    return Section("Learning curves", figure.html, (figure,))


def metrics(evaluation: Evaluation) -> Section:
    """Precision, recall and F1 of every class."""
    rows: list[tuple[str, ...]] = [
        (each.name, f"{each.precision:.2f}", f"{each.recall:.2f}", f"{each.f1:.2f}", str(each.pictures))
        for each in evaluation.scores
    ]
    means = np.mean([(each.precision, each.recall, each.f1) for each in evaluation.scores], axis=0)
    rows.append(("mean", *(f"{mean:.2f}" for mean in means), str(len(evaluation.validation))))
    text = (
        "<p>Precision: the share of the pictures predicted as this class that belong to it. Recall: the share of the"
        " pictures of this class that are predicted as it. F1: their harmonic mean.</p>"
    )
    return Section("Metrics", text + table(("class", "precision", "recall", "F1", "pictures"), rows))


def confusion_matrix(evaluation: Evaluation) -> Section:
    """Which classes are confused."""
    chart = charts.confusion_matrix(evaluation.confusion, [score.name for score in evaluation.scores])
    figure = Figure("confusion", chart, "True and predicted classes of the validation pictures")
    return Section("Confusion matrix", figure.html, (figure,))


def embedding(evaluation: Evaluation) -> Section:
    """The mean activations of the last layer, in two dimensions."""
    dataset, split, seed = evaluation.dataset, evaluation.trained.split, evaluation.config.seed
    rng = np.random.default_rng(seed)
    indices = np.concatenate([rng.permutation(split.validation), rng.permutation(split.train)])[:MAX_EMBEDDED]
    last = evaluation.network.info.layers[-1].name
    vectors = embed(evaluation.engine, evaluation.network, (last,), dataset.images[indices])
    points, method = _reduced(vectors.astype(np.float64), seed)
    count = len(dataset.classes)
    chart = charts.scatter(points, list(dataset.images[indices]), dataset.labels[indices], count)
    caption = f"{method} of the mean activations of {last}: nearby pictures look similar to the network"
    figure = Figure("embedding", chart, caption)
    keys = "".join(
        f'<li><i style="background:{charts.class_colour(label, count)}"></i>{escape(name)}</li>'
        for label, name in enumerate(dataset.classes)
        if label in evaluation.present
    )
    return Section("Embedding", f"{figure.html}<ul class=key>{keys}</ul>", (figure,))


def _reduced(vectors: NDArray[np.float64], seed: int) -> tuple[NDArray[np.float64], str]:
    """(n, 2), and the method: t-SNE (van der Maaten and Hinton 2008), or PCA for few pictures."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    if len(vectors) < MIN_TSNE:
        return np.asarray(PCA(2, random_state=seed).fit_transform(vectors)), "PCA"
    return np.asarray(TSNE(2, init="pca", random_state=seed).fit_transform(vectors), np.float64), "t-SNE"


SECTIONS: tuple[Callable[[Evaluation], Section | None], ...] = (
    summary,
    learning_curves,
    agreement,
    metrics,
    confusion_matrix,
    embedding,
    samples,
    features_as_colour,
    gradcam,
    feature_maps,
    activation_maximization,
)
