"""What the student has learned from its teacher: agreement by layer, and the features of both as colour."""

from html import escape

from models.spec import LayerInfo, Network
from models.training.distillation.lesson import Lesson, pair
from models.training.history import best_epoch
from realtime.features.painter import FeaturePainter
from realtime.imaging.frame import Image
from scripts.networks.report import charts
from scripts.networks.report.evaluation import Evaluation, thin_out
from scripts.networks.report.section import Figure, Section, image_tag, table

SAMPLES = 8  # pictures
SIDE = 256  # pixels of the input of the networks


def agreement(evaluation: Evaluation) -> Section | None:
    """The agreement of every layer that was taught, after each epoch; None without a teacher."""
    lesson = evaluation.trained.lesson
    if lesson is None:
        return None
    history = evaluation.trained.history
    best = history[best_epoch(history)].agreement
    students = (layer.name for layer in pair(lesson.layers, evaluation.network.info))
    rows: list[tuple[str, ...]] = [
        (theirs.name, ours, f"{best[theirs.name]:.2f}") for theirs, ours in zip(lesson.layers, students, strict=True)
    ]
    text = (
        f"<p>The teacher is {escape(lesson.network.info.name)}. Agreement is the mean cosine similarity of its features"
        " and those of the new network after a linear map, over all places of the validation pictures; 1 is the"
        " maximum.</p>"
    )
    figure = Figure("agreement", charts.agreement(history), "Agreement after each epoch")
    return Section(
        "Agreement with the teacher",
        text + table(("layer of the teacher", "layer of the new network", "agreement"), rows) + figure.html,
        (figure,),
    )


def features_as_colour(evaluation: Evaluation) -> Section | None:
    """Validation pictures, each with the features of both networks as colour; None without a teacher."""
    lesson = evaluation.trained.lesson
    if lesson is None:
        return None
    dataset = evaluation.dataset
    pictures = thin_out(evaluation.trained.split.validation, SAMPLES)
    columns = _columns(evaluation, lesson)
    head = "".join(f"<span>{escape(network.info.name)}<br>{escape(layer.name)}</span>" for network, layer in columns)
    cells = "".join(_row(evaluation, columns, dataset.images[each], dataset.names[each]) for each in pictures)
    html = (
        "<p>Each picture, then the layers of the teacher and those of the new network that learned from them. The"
        " colours are the first three principal components of the features (PCA), computed for each image: compare"
        " shapes and borders between columns, not colours.</p>"
    )
    grid = f'<div class=columns style="--columns:{len(columns) + 1}"><span></span>{head}{cells}</div>'
    return Section("Features as colour", html + grid)


def _columns(evaluation: Evaluation, lesson: Lesson) -> list[tuple[Network, LayerInfo]]:
    """Every layer of the student that was taught, after the layers of the teacher that taught it."""
    student = evaluation.network
    pairs = zip(lesson.layers, pair(lesson.layers, student.info), strict=True)
    columns = [(lesson.network, theirs) for theirs in lesson.layers] + [(student, ours) for _, ours in pairs]
    return list(dict.fromkeys(columns))


def _row(evaluation: Evaluation, columns: list[tuple[Network, LayerInfo]], image: Image, name: str) -> str:
    coloured = [
        image_tag(
            FeaturePainter(evaluation.engine, network, layer, SIDE).learn_and_paint(image),
            f"{layer.name} of {network.info.name}",
        )
        for network, layer in columns
    ]
    return image_tag(image, name) + "".join(coloured)
