"""Grad-CAM heatmaps of validation pictures for their predicted class."""

from functools import partial
from html import escape

from models.build.heads.gradcam import GradcamHead
from models.spec import CLASSES
from realtime.imaging.frame import Image
from realtime.imaging.heatmap import overlay_heatmap
from realtime.inference.channels import channel_weights
from realtime.inference.gradcam import compute_heatmap
from scripts.networks.report.evaluation import Evaluation
from scripts.networks.report.samples import by_outcome, prediction
from scripts.networks.report.section import Section, image_tag

SAMPLES = 6  # pictures per group


def gradcam(evaluation: Evaluation) -> Section:
    """Correctly and wrongly classified pictures, each next to its heatmap for the predicted class."""
    html = (
        f"<p>Grad-CAM in {escape(evaluation.network.info.layers[-1].name)}: the bright parts of a picture support the"
        " predicted class; the dark parts do not contribute.</p>"
    )
    return Section("Grad-CAM", html + by_outcome(evaluation, SAMPLES, "pairs", partial(_card, evaluation)))


def _card(evaluation: Evaluation, index: int) -> str:
    dataset, picture, label = evaluation.dataset, evaluation.validation[index], int(evaluation.predicted[index])
    image = dataset.images[picture]
    heatmap = image_tag(with_heatmap(evaluation, image, label), f"Grad-CAM for {dataset.classes[label]}")
    return f"<div><span>{image_tag(image, dataset.names[picture])}{heatmap}</span>{prediction(evaluation, index)}</div>"


def with_heatmap(evaluation: Evaluation, image: Image, label: int) -> Image:
    """An image with its heatmap for a class."""
    info = evaluation.network.info
    head, weights = GradcamHead(info.layers[-1].name), channel_weights(info, CLASSES, label)
    heatmap = compute_heatmap(evaluation.engine, evaluation.network, image, head, weights)
    return overlay_heatmap(image, heatmap)
