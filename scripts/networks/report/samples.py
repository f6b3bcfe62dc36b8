"""Sample predictions: correctly and wrongly classified validation pictures."""

from collections.abc import Callable
from functools import partial
from html import escape

from scripts.networks.report.evaluation import Evaluation, thin_out
from scripts.networks.report.section import Section, image_tag

SAMPLES = 12  # pictures per group


def samples(evaluation: Evaluation) -> Section:
    """Pictures with their predicted class and its probability, the most confident first."""
    return Section("Sample predictions", by_outcome(evaluation, SAMPLES, "samples", partial(_card, evaluation)))


def by_outcome(evaluation: Evaluation, count: int, css_class: str, card: Callable[[int], str]) -> str:
    """Cards of `count` correct and of `count` wrong predictions, as HTML."""
    html = ""
    for title, indices in (("Correct", evaluation.correct), ("Wrong", evaluation.wrong)):
        cards = "".join(card(int(index)) for index in thin_out(indices, count))
        html += f"<h3>{title}: {len(indices)}</h3>" + (f"<div class={css_class}>{cards}</div>" if cards else "")
    return html


def prediction(evaluation: Evaluation, index: int) -> str:
    """The predicted class, and the true one when it differs, as HTML."""
    predicted, truth = (evaluation.dataset.classes[each[index]] for each in (evaluation.predicted, evaluation.truth))
    return f"<b>{escape(predicted)}</b>" + ("" if predicted == truth else f"<em>true class: {escape(truth)}</em>")


def _card(evaluation: Evaluation, index: int) -> str:
    picture = evaluation.validation[index]
    percent = f"{100 * evaluation.probabilities[index].max():.0f}"
    return (
        f"<div>{image_tag(evaluation.dataset.images[picture], evaluation.dataset.names[picture])}"
        f'{prediction(evaluation, index)}<span class=bar><i style="width:{percent}%"></i></span>{percent} %</div>'
    )
