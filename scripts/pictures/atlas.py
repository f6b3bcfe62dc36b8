"""`ventral atlas`: what every channel of a layer likes, as a sheet; or of all layers, as pages to click through."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

from cyclopts import Parameter

from models.errors import OutputError
from models.files import write_atomically
from models.spec import LayerInfo, ModelInfo, Network
from realtime.channels.portraits import Portrait, portraits
from realtime.imaging.png import encode_png, write_png
from realtime.inference.engine import Engine
from realtime.outputs.recording.paths import check_writable
from realtime.sheets.contact import Labelled, contact_sheet
from realtime.show.options import NetworkOptions
from scripts.common.open_engine import open_engine
from scripts.common.parameters import Force, Like, OutputPath
from scripts.common.progress import progress
from scripts.common.reuse_settings import reuse_settings, settings_of

INDEX = "index.html"

STYLE = """
body { margin: 2rem auto; max-width: 76rem; padding: 0 1.5rem; background: #0b0d10; color: #e3e5e8;
  font: 400 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 2.2rem; font-weight: 300; }
a { color: #949aa3; text-decoration: none; }
a:hover, a.here { color: #ffbe60; }
nav { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin-bottom: 2rem; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: 1rem; }
figure { margin: 0; }
figure a img { display: block; width: 100%; border-radius: 4px; }
figcaption { color: #949aa3; font-size: .85rem; overflow-wrap: anywhere; }
"""


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class AtlasOptions:
    """What is drawn."""

    layer: tuple[str, ...] = ()
    """the layer, or with a folder the layers; repeatable (default with a folder: every key layer)"""


def atlas(
    *,
    output: OutputPath,
    like: Like = None,
    force: Force = False,
    options: AtlasOptions = AtlasOptions(),
    network_options: NetworkOptions = NetworkOptions(),  # noqa: B008, a frozen value
) -> None:
    """Draw what every channel of a layer likes. The pictures are kept: the next time is fast.

    Example: `ventral atlas --layer block4_conv2 -o atlas.png`

    :param output: a .png file for one layer, or a new folder for web pages to click through, which need no internet
    """
    options, network_options, network = reuse_settings(like, "atlas", options, network_options)
    layers = tuple(network.info.layer(name) for name in options.layer)
    if output.suffix:
        check_writable(output, force=force, suffixes=(".png",))
        if len(layers) != 1:
            raise OutputError(f"{output} holds one layer: expected one --layer, or a folder for several")
    else:
        check_folder(output, force=force)
    with open_engine(network_options, network.info) as engine:
        if output.suffix:
            shown = draw_layer(engine, network, layers[0])
            sheet = [Labelled(each.image, caption(each)) for each in shown]
            settings = settings_of("atlas", network, network_options, layer=(layers[0].name,))
            title = f"{layers[0].name}   {network.info.name}"
            write_png(output, contact_sheet(sheet, title), settings.to_json())
        else:
            write_pages(engine, network, layers or network.info.key_layers, output)


def check_folder(folder: Path, *, force: bool) -> None:
    """Raise OutputError unless the folder is new, or may be replaced."""
    if folder.suffix or folder.is_file():
        raise OutputError(f"cannot write {folder}: expected a name that ends in .png, or a new folder")
    check_writable(folder.with_name(f"{folder.name}.png"), force=True)
    if (folder / INDEX).exists() and not force:
        raise OutputError(f"{folder / INDEX} exists already; add --force to replace it")


def draw_layer(engine: Engine, network: Network, layer: LayerInfo) -> list[Portrait]:
    """What the channels of a layer like, with a progress bar."""
    shown = []
    with progress(layer.name, layer.channels) as advance:
        for each in portraits(engine, network, layer):
            shown.append(each)
            advance()
    return shown


def caption(portrait: Portrait) -> str:
    """The channel, and what the network sees in its picture."""
    return f"{portrait.channel}" + (f"  {portrait.label}" if portrait.label else "")


def write_pages(engine: Engine, network: Network, layers: tuple[LayerInfo, ...], folder: Path) -> None:
    """A page for each layer, with its pictures beside it; the first page is also the index."""
    for layer in layers:
        shown, name = draw_layer(engine, network, layer), page_name(layer)
        for each in shown:
            write_atomically(folder / name / f"{each.channel}.png", encode_png(each.image))
        html = page(network.info, layers, layer, shown).encode()
        write_atomically(folder / f"{name}.html", html)
        if layer is layers[0]:
            write_atomically(folder / INDEX, html)


def page_name(layer: LayerInfo) -> str:
    """The name of a layer as a file name."""
    return re.sub(r"[^\w.-]", "_", layer.name)


def page(info: ModelInfo, layers: tuple[LayerInfo, ...], layer: LayerInfo, shown: list[Portrait]) -> str:
    """The page of a layer, with links to all others."""
    links = "".join(
        f'<a href="{escape(page_name(each))}.html"{" class=here" if each is layer else ""}>{escape(each.name)}</a>'
        for each in layers
    )
    figures = "".join(
        f'<figure><a href="{escape(page_name(layer))}/{each.channel}.png">'
        f'<img src="{escape(page_name(layer))}/{each.channel}.png" alt="channel {each.channel}" loading="lazy"></a>'
        f"<figcaption>{escape(caption(each))}</figcaption></figure>"
        for each in shown
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(info.name)}: {escape(layer.name)}</title><style>{STYLE}</style></head><body>"
        f"<h1>{escape(info.name)}</h1><nav>{links}</nav>"
        f"<p>What each channel of {escape(layer.name)} likes most, and the class that the network sees in it.</p>"
        f"<main>{figures}</main></body></html>\n"
    )
