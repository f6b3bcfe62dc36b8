"""`ventral gradcam`: where in a picture the evidence for a class lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from models.errors import SettingError
from models.spec import CLASSES, GradcamHead, ModelInfo
from realtime.capture.pictures import read_picture
from realtime.imaging.drawing import origin
from realtime.imaging.frame import Image
from realtime.imaging.heatmap import evidence, heat_slide
from realtime.inference.channels import channel_weights
from realtime.inference.classes import find_class
from realtime.inference.engine import Engine
from realtime.inference.predictions import Prediction, classify
from realtime.inference.providers import choose
from realtime.outputs.recording.paths import claim
from realtime.outputs.recording.sinks import open_sink
from realtime.show.config import NetworkOptions
from realtime.show.look import announce

CANVAS_HW = (1080, 1920)


@dataclass(frozen=True, slots=True, kw_only=True)
class GradcamOptions:
    """Of what the evidence is sought, and where."""

    class_: Annotated[str | None, Parameter(name="--class")] = None
    """the class, by name or number (default: the likeliest)"""
    channel: int | None = None
    """instead of a class, a channel, for networks that name nothing"""
    of: str | None = None
    """the layer that --channel is of (default: the last)"""
    layer: str | None = None
    """where the evidence is looked for (default: the last layer before the answer)"""

    def head(self, info: ModelInfo) -> GradcamHead:
        """What is asked of the network; SettingError when it makes no sense."""
        if self.class_ is not None and (self.channel is not None or self.of is not None):
            raise SettingError("--class stands alone; leave out --channel and --of")
        if self.of is not None and self.channel is None:
            raise SettingError(f"--of names the layer of a channel; say which, such as --channel 3 --of {self.of}")
        if self.channel is None:
            if info.classifier is None:
                last = info.layers[-1].name
                raise SettingError(f"{info.name} names no classes; ask for a channel: --channel 3 --of {last}")
            return GradcamHead(info.layer(self.layer or info.layers[-1].name).name)
        aim = info.layer(self.of or info.layers[-1].name)
        return GradcamHead(info.layer(self.layer or before(info, aim.name)).name, aim.name)


def gradcam(
    image: Path,
    *,
    output: Annotated[Path, Parameter(alias="-o")],
    force: bool = False,
    question: Annotated[GradcamOptions, Parameter(name="*")] = GradcamOptions(),
    choice: Annotated[NetworkOptions, Parameter(name="*")] = NetworkOptions(),  # noqa: B008, a frozen value
) -> None:
    """Show where in a picture the network finds the evidence for a class, or for a channel: Grad-CAM.

    Example: `ventral gradcam cat.jpg -o why.png --class faces`

    :param image: a picture
    :param output: a .png file
    :param force: replace a file that is already there
    """
    claim(output, force=force, suffixes=(".png",))
    network = choice.open()
    head, picture = question.head(network.info), read_picture(image)
    with Engine(choose(choice.provider)) as engine:
        announce(network.info, engine.provider)
        channel, title = question.channel or 0, f"channel {question.channel}"
        if head.aim == CLASSES:
            asked = answer(classify(engine, network, picture, len(network.info.scores.labels)), network.info, question)
            channel, title = asked.index, f"{asked.label}   {share(asked.probability)}"
        heat = evidence(engine, network, picture, head, channel_weights(network.info, head.aim, channel))
    words = f"{explained(head, found=bool(heat.grey.any()))}, {origin(network.info)[0]}"
    print(f"{title.replace('   ', ', ')}: {words}")
    write(output, heat_slide(CANVAS_HW, picture, heat.grey, title, words), force=force)


def before(info: ModelInfo, name: str) -> str:
    """The last of the layers that the keys stop at before the one called `name`, for all of a network passes there.

    The layer before it in the list, where there is none; SettingError when that is the first.
    """
    names = [layer.name for layer in info.layers]
    place = names.index(name)
    if place == 0:
        hint = "choose a deeper one with --of" if len(names) > 1 else f"{info.name} has no other"
        raise SettingError(f"nothing comes before layer '{name}'; {hint}")
    stops = [layer.name for layer in info.landmarks if names.index(layer.name) < place]
    return stops[-1] if stops else names[place - 1]


def answer(said: tuple[Prediction, ...], info: ModelInfo, question: GradcamOptions) -> Prediction:
    """What the classifier says of the class that was asked for, or of the likeliest."""
    if question.class_ is None:
        return said[0]
    place = find_class(info, question.class_)
    return next(each for each in said if each.index == place)


def share(probability: float) -> str:
    """A probability in words; a small one exactly, since it was asked for."""
    return f"{probability:.0%}" if probability >= 0.01 else f"{probability:.2%}"


def explained(head: GradcamHead, *, found: bool) -> str:
    """Where the evidence was looked for, in words, and whether there is any."""
    return f"{'the' if found else 'no'} evidence in {head.layer}" + (
        "" if head.aim == CLASSES else f" for a channel of {head.aim}"
    )


def write(output: Path, slide: Image, *, force: bool) -> None:
    """Write the slide."""
    with open_sink(output, fps=1.0, size_wh=slide.shape[1::-1], force=force) as sink:
        sink.write(slide)
