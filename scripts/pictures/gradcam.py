"""`ventral gradcam`: where a picture shows evidence for a class."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from models.build.heads.gradcam import GradcamHead
from models.errors import SettingError
from models.spec import CLASSES, ModelInfo, Network
from realtime.imaging.drawing import network_label, percent
from realtime.imaging.frame import Image
from realtime.imaging.png import write_png
from realtime.imaging.reading.read_picture import read_picture
from realtime.inference.channels import channel_weights
from realtime.inference.classes import find_class
from realtime.inference.engine import Engine
from realtime.inference.gradcam import compute_heatmap
from realtime.inference.predictions import classify
from realtime.outputs.recording.paths import check_writable
from realtime.sheets.heat_slide import heat_slide
from realtime.show.options import NetworkOptions
from scripts.common.open_engine import open_engine
from scripts.common.parameters import Force, Like, OutputPath
from scripts.common.reuse_settings import reuse_settings, settings_of
from scripts.common.saved_settings import given_options

CANVAS_HW = (1080, 1920)


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class GradcamOptions:
    """The class or channel to explain, and the layer to explain it with."""

    class_: Annotated[str | None, Parameter(name="--class")] = None
    """the class, by name or number (default: the most likely)"""
    channel: int | None = None
    """a channel instead of a class, for networks without a classifier"""
    channel_layer: str | None = None
    """the layer of --channel (default: the last)"""
    layer: str | None = None
    """the layer of the heatmap (default: the last one before the class or channel)"""

    def head(self, info: ModelInfo) -> GradcamHead:
        """The head of the graph; SettingError for options that contradict each other."""
        if self.class_ is not None and (self.channel is not None or self.channel_layer is not None):
            raise SettingError("--class cannot be combined with --channel or --channel-layer")
        if self.channel_layer is not None and self.channel is None:
            raise SettingError("--channel-layer needs a channel, such as --channel 3")
        last = info.layers[-1].name
        if self.channel is None:
            if info.classifier is None:
                raise SettingError(f"{info.name} has no classifier; choose a channel, such as --channel 3")
            return GradcamHead(info.layer(self.layer or info.evidence_layer.name).name)
        aim = info.layer(self.channel_layer or last)
        return GradcamHead(info.layer(self.layer or layer_before(info, aim.name)).name, aim.name)


def gradcam(
    picture: Path,
    *,
    output: OutputPath,
    like: Like = None,
    force: Force = False,
    options: GradcamOptions = GradcamOptions(),
    network_options: NetworkOptions = NetworkOptions(),  # noqa: B008, a frozen value
) -> None:
    """Show where a picture contains evidence for a class or a channel, as a Grad-CAM heatmap.

    Example: `ventral gradcam wall.jpg -o why.png --class bricks`

    :param picture: a picture
    :param output: a .png file, in which the settings are saved
    """
    check_writable(output, force=force, suffixes=(".png",))
    options, network_options, network = reuse_settings(like, "gradcam", options, network_options)
    info = network.info
    head, image = options.head(info), read_picture(picture)
    with open_engine(network_options, info) as engine:
        channel, title = options.channel or 0, f"channel {options.channel} of {head.target}"
        if head.target == CLASSES:
            channel, title = choose_class(engine, network, image, options.class_)
        heatmap = compute_heatmap(engine, network, image, head, channel_weights(info, head.target, channel))
    line = f"{describe(head, empty=not heatmap.any())} (network {network_label(info)[0]})"
    print(f"{title.replace('   ', ', ')}; {line}")
    settings = settings_of("gradcam", network, network_options, **given_options(options))
    write_png(output, heat_slide(CANVAS_HW, image, heatmap, title, line), settings.to_json())


def layer_before(info: ModelInfo, name: str) -> str:
    """The last key layer before the layer `name`, since every path of the network passes through it.

    Without a key layer it is the previous layer in the list; SettingError for the first layer.
    """
    names = [layer.name for layer in info.layers]
    index = names.index(name)
    if index == 0:
        hint = "choose a deeper one with --channel-layer" if len(names) > 1 else f"{info.name} has no other"
        raise SettingError(f"there is no layer before '{name}'; {hint}")
    earlier = [layer.name for layer in info.key_layers if names.index(layer.name) < index]
    return earlier[-1] if earlier else names[index - 1]


def choose_class(engine: Engine, network: Network, picture: Image, name: str | None) -> tuple[int, str]:
    """The index of the class `name`, or of the most likely one, and a title with its probability."""
    predictions = classify(engine, network, picture, len(network.info.scores.labels))
    index = predictions[0].index if name is None else find_class(network.info, name)
    chosen = next(each for each in predictions if each.index == index)
    return index, f"{chosen.label}   {percent(chosen.probability, fine=True)}"


def describe(head: GradcamHead, *, empty: bool) -> str:
    """What the heatmap shows."""
    return f"{'no evidence found in' if empty else 'heatmap of'} {head.layer}"
