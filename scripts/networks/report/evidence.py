"""Where the network looks: Grad-CAM of checked pictures, for what it says of them."""

from __future__ import annotations

from html import escape

from models.build.heads.gradcam import GradcamHead
from models.spec import CLASSES
from realtime.imaging.frame import Image
from realtime.imaging.heatmap import overlay_heatmap
from realtime.inference.channels import channel_weights
from realtime.inference.gradcam import compute_heatmap
from scripts.networks.report.findings import Findings, few
from scripts.networks.report.section import Section, data_uri, png

SHOWN = 6
"""Pictures that are shown of those named rightly, and of those named wrongly."""


def heat(findings: Findings) -> Section:
    """Checked pictures, named rightly and wrongly, each beside itself with the heat of what it was taken for."""
    html = (
        "<p>Each picture, and beside it the evidence that the network found in it for its answer: Grad-CAM in"
        f" {escape(findings.network.info.layers[-1].name)}. What stays dark did not count.</p>"
    )
    for title, places in (("Right", findings.right), ("Wrong", findings.wrong)):
        cards = "".join(_card(findings, int(place)) for place in few(places, SHOWN))
        html += f"<h3>{title}: {len(places)}</h3>" + (f"<div class=pairs>{cards}</div>" if cards else "")
    return Section("Evidence", html)


def _card(findings: Findings, place: int) -> str:
    classes, picture = findings.pictures.classes, findings.checked[place]
    said, truth = int(findings.predicted[place]), int(findings.truth[place])
    image, name = findings.pictures.images[picture], escape(findings.pictures.names[picture])
    wrong = "" if said == truth else f"<em>it is {escape(classes[truth])}</em>"
    return (
        f'<div><span><img src="{data_uri(png(image))}" alt="{name}" title="{name}">'
        f'<img src="{data_uri(png(lit(findings, image, said)))}" alt="the evidence for {escape(classes[said])}"></span>'
        f"<b>{escape(classes[said])}</b>{wrong}</div>"
    )


def lit(findings: Findings, image: Image, label: int) -> Image:
    """A picture with the heat of the evidence for a class."""
    info = findings.network.info
    head, wanted = GradcamHead(info.layers[-1].name), channel_weights(info, CLASSES, label)
    return overlay_heatmap(image, compute_heatmap(findings.engine, findings.network, image, head, wanted).grey)
