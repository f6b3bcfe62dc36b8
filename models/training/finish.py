"""From the trained model to the one that is stored: in float32, with a classifier that knows when it is unsure."""

from models.training.calibrate import calibrate
from models.training.config import TrainingConfig
from models.training.data.batches import LabelledBatches
from models.training.data.dataset import Dataset, Split, with_something_else
from models.training.distillation.lesson import Lesson
from models.training.network.learner import Learner, copy_weights, make_learner
from models.training.refit import refit


def finish(
    learner: Learner, dataset: Dataset, split: Split, config: TrainingConfig, lesson: Lesson | None
) -> tuple[Learner, Dataset]:
    """The finished model, and the dataset with all its classes."""
    taught = lesson is not None and lesson.own_classes
    dataset = with_something_else(dataset)
    finished = make_learner(config, len(dataset.classes), lesson)
    copy_weights(learner.model, finished.model)
    batches = LabelledBatches(dataset, split, config, finished.base.info.input)
    if taught:
        refit(finished, batches)
    calibrate(finished, batches.validation())
    return finished, dataset
