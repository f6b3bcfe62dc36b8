"""The configuration of a training run."""

from dataclasses import dataclass

from models.errors import SettingError
from models.zoo import ZOO

SCRATCH = "scratch"  # start from random weights

RANGES = {
    "epochs": (1, 10_000),
    "size": (32, 512),
    "batch": (2, 1024),
    "seed": (0, 2**31 - 1),
    "validation": (0.02, 0.5),
}

PATIENCE = 8
CROPPED_FROM = 1.4  # with a teacher, pictures are loaded so many times larger than the crops, per side


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """Everything that determines a training run except the data; the same config and data give the same network."""

    start: str = SCRATCH
    """scratch, a Keras network, or a stored network with the layers of VGG16"""
    weights: str = "imagenet"
    """the weights of a Keras network in --from: imagenet (downloaded once by Keras), a file (.weights.h5, .h5 or .npz),
    or none (random)"""
    epochs: int = 30
    """maximum epochs; without --teacher, training stops early when the validation loss stops improving"""
    size: int = 96
    """the side of the training pictures in pixels"""
    batch: int = 32
    """the batch size"""
    seed: int = 0
    """the random seed"""
    validation: float = 0.2
    """the share of the pictures of each class that is kept for validation"""
    teacher: str = ""
    """a trained network (a name, an .onnx file, or a folder) that teaches the new one its features, and its classes
    where it has any"""
    teacher_layers: tuple[str, ...] = ()
    """layers of the teacher whose features are taught; repeatable (default: up to three)"""

    @property
    def patience(self) -> int:
        """Epochs without a lower validation loss after which training stops early; a student never stops early."""
        return self.epochs if self.teacher else PATIENCE

    @property
    def side(self) -> int:
        """The side at which pictures are loaded: larger than that of training, where these are small crops."""
        return round(self.size * CROPPED_FROM) if self.teacher else self.size

    def check(self) -> None:
        """Raise SettingError for a number out of range, or for options that do not fit together."""
        for name, (low, high) in RANGES.items():
            if not low <= (value := getattr(self, name)) <= high:
                raise SettingError(f"--{name} takes {low} to {high}, but got {value}")
        if self.teacher_layers and not self.teacher:
            raise SettingError("--teacher-layers needs --teacher")
        if self.start not in ZOO and self.weights != "imagenet":
            raise SettingError(
                f"--weights is only for a Keras network (--from {' or '.join(sorted(ZOO))}); leave out --weights"
            )
