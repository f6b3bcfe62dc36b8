"""What hangs in the gallery, and what to look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from realtime.controls.read_preset import SHIPPED

SETTLED = 75  # frames, after which colours and tiles are calm
DREAMT = 300  # frames of a dream


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A picture of the gallery: its title, what to look at, the source, and the options of `ventral render`.

    It is the last frame of a film of `frames` frames; where `moves`, three frames side by side.
    """

    title: str
    words: str
    source: str
    options: str
    frames: int = SETTLED
    moves: bool = False

    @property
    def command(self) -> str:
        """The command that makes the film."""
        return f"ventral render {self.source} --frames {self.frames} {self.options} -o show.mp4"


@dataclass(frozen=True, slots=True)
class Room:
    """A part of the gallery: its heading, how to come to it in a show, and its exhibits."""

    heading: str
    words: str
    exhibits: Sequence[Exhibit]


CLIP, CAT, ASTRONAUT, CUP, ROCKET = "clip.mp4", "chelsea.jpg", "astronaut.jpg", "coffee.jpg", "rocket.jpg"
ON_THE_CAT = 170  # the frame of the clip that shows both eyes
LABELS = "--labels imagenet_labels.txt"
GOOGLENET, SQUEEZENET = (f"--model {name}.onnx" for name in ("googlenet", "squeezenet"))
VGG = "--model vgg16.onnx"
EYE = "--layer inception_4c/output --set features/mode=similar --set features/points=0.395,0.325"

FEATURES = (
    Exhibit("Colour", "Look at the eyes: both have one colour.", CLIP, "--set features/mode=colour", ON_THE_CAT),
    Exhibit("Over the picture", "The same colours, in the photograph.", ASTRONAUT, "--set features/mode=picture"),
    Exhibit("Regions", "Places with similar features are one region.", CUP, "--set features/mode=clusters"),
    Exhibit("Similar places", "One eye was clicked; the network finds the other.", CAT, f"{GOOGLENET} {EYE}"),
    Exhibit("GoogLeNet", "Helmet and collar have one colour, the face another.", ASTRONAUT, f"{GOOGLENET} --size 320"),
    Exhibit("SqueezeNet", "Another network, another order: eyes, brow, cheeks.", CAT, f"{SQUEEZENET} --size 320"),
)
MOSAICS = (
    Exhibit("Block 1", "Edges: each channel answers to one direction of light.", CAT, "--layer block1_conv2"),
    Exhibit("Block 2", "Textures: strokes of fur in every direction.", CAT, "--layer block2_conv2"),
    Exhibit("Block 3", "Patterns: the tiles begin to choose places.", CAT, "--layer block3_conv2"),
    Exhibit("Block 4", "Parts: some channels answer to eyes, some to the nose.", CAT, "--layer block4_conv2"),
    Exhibit("Block 5", "The coarsest maps: where, no longer what.", CAT, "--layer block5_conv2"),
    Exhibit(
        "One channel",
        "One channel, the picture that it likes, and what excited it lately.",
        CUP,
        "--layer block4_conv1 --set tiles/zoom=on",
    ),
    Exhibit(
        "Lit by activations",
        "The photograph in the light of each channel.",
        CAT,
        "--layer block4_conv1 --set tiles/colormap=photo",
    ),
    Exhibit("GoogLeNet", "One of the first inception layers.", CUP, f"{GOOGLENET} --layer inception_3b/output"),
    Exhibit("SqueezeNet", "A network of 5 MB.", ROCKET, f"{SQUEEZENET} --layer fire4/concat"),
    Exhibit("VGG16", "The first three blocks of the classic.", ASTRONAUT, f"{VGG} --layer block3_conv2"),
)
OTHERS = (
    Exhibit("Story", "From top to bottom: fine detail becomes coarse meaning.", CAT, "--view story"),
    Exhibit("Story of GoogLeNet", "The same with nine inception layers.", CUP, f"{GOOGLENET} --view story"),
    Exhibit(
        "Grad-CAM",
        "Where the evidence for the first answer lies.",
        CAT,
        f"{GOOGLENET} {LABELS} --view gradcam --set predict/on=on",
    ),
    Exhibit("Saliency", "The pixels that activate one channel.", CAT, "--view saliency --layer block4_conv2"),
    Exhibit(
        "Predictions",
        "What the network calls it, and how sure it is.",
        CUP,
        f"{GOOGLENET} {LABELS} --view camera --set predict/on=on",
    ),
)
DREAMS: Mapping[str, str] = {
    "etching": "An engraving of what the layer finds.",
    "fever": "Strong and bright.",
    "gilt": "Carved gold on black.",
    "melt": "Everything runs down.",
    "reef": "Growths like corals.",
    "stillness": "A slow, quiet dream.",
    "tunnel": "A way inwards that never ends.",
    "weave": "A fabric of fine threads.",
    "whirl": "A slow turn about the centre.",
}
MOVING = ("melt", "tunnel", "whirl")
LAYER = "--view mosaic --layer block3_conv2"
LAYOUTS = (
    *(
        Exhibit(name.capitalize(), f"`show/layout` is `{name}`.", CAT, f"{LAYER} --set show/layout={name}")
        for name in ("side", "inset", "full")
    ),
    Exhibit("Full, with a picture", "A picture fills the canvas.", CAT, "--view features --set show/layout=full"),
    Exhibit("Inset, with a picture", "Camera and words lie on it.", CUP, "--view features --set show/layout=inset"),
    Exhibit("Upright", "For a screen on its side.", CAT, f"{LAYER} --canvas 1080x1920"),
    Exhibit("Square", "For a square wall.", CAT, f"{LAYER} --canvas 1080x1080"),
    Exhibit("Wide", "For a strip of light-emitting diodes.", CAT, f"{LAYER} --canvas 1920x384"),
)


def _in_view(view: str, exhibits: Sequence[Exhibit]) -> list[Exhibit]:
    return [replace(each, options=f"--view {view} {each.options}") for each in exhibits]


def _dreams(source: str, network: str = "") -> list[Exhibit]:
    return [
        Exhibit(name.capitalize(), DREAMS[name], source, f"{network}--preset {name}", DREAMT, name in MOVING)
        for name in SHIPPED
    ]


ROOMS = (
    Room(
        "Features",
        "Every place in the colour of what the network sees there: key `6`; `7` changes the kind.",
        _in_view("features", FEATURES),
    ),
    Room(
        "Mosaic",
        "The most active channels of a layer: key `m`; `[` and `]` change the layer, `t` the colours.",
        _in_view("mosaic", MOSAICS),
    ),
    Room("More views", "Story `s`, Grad-CAM `g`, saliency `/`, predictions `p`.", OTHERS),
    Room("Dreams of the bundled network", "Key `d`; `9` goes on to the next preset.", _dreams(CUP)),
    Room(
        "Dreams of GoogLeNet",
        "The same presets with a network that knows a thousand things.",
        _dreams(CAT, f"{GOOGLENET} "),
    ),
    Room("Layouts", "Key `y`; upright, square and wide canvases have layouts of their own.", LAYOUTS),
)
