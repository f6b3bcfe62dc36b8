"""Opens what the options name: the network, the views and the controls, live and offline."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from models.errors import OutputError
from models.files import write_atomically
from models.importing.open_network import NAMES, how_to_get, kept_path
from models.spec import ModelInfo, Network
from models.zoo import BUNDLED, cache_folder
from realtime.canvas.pipeline import Pipeline
from realtime.controls.controls import Controls
from realtime.imaging.frame import Frame
from realtime.imaging.reading.names import shown_name
from realtime.inference.engine import Engine
from realtime.inference.providers import Provider
from realtime.saved_settings.read_show import read_show
from realtime.saved_settings.show_record import ShowRecord, show_record
from realtime.show.kept_files.resume import ALWAYS
from realtime.show.make_controls import configure, make_controls
from realtime.show.options import LiveOptions, RenderOptions, canvas_text
from realtime.takes.playback import Playback, pictured
from realtime.takes.take_log import TakeLog
from realtime.takes.waiting_frames import WaitingFrames
from realtime.threads.mailbox import Mailbox
from realtime.views.registry import find_views
from realtime.views.view import View

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RenderSetup:
    """Network, views and controls, ready to render."""

    network: Network
    views: Sequence[View]
    controls: Controls

    def pipeline(self, engine: Engine, options: RenderOptions) -> Pipeline:
        """A new render pipeline; logs a warning if flashes are not limited."""
        if options.flash_limit == "off":
            log.warning("flashes are not limited: pictures that flash can trigger seizures in people with epilepsy")
        return Pipeline(
            self.network,
            engine,
            self.views,
            canvas_hw=options.canvas_hw,
            short_side=options.short_side,
            precision=options.precision,
            flash_limit=options.flash_limit == "on",
        )


def open_setup(options: RenderOptions, *, owners: Sequence[type] = ()) -> RenderSetup:
    """Open the network and set the controls; ModelError or SettingError for what does not exist or does not fit.

    `owners` are the classes whose actions are registered later.
    """
    network = options.open()
    _say_size(network.info, options.short_side)
    views = find_views()
    controls = make_controls(network.info, views)
    for owner in owners:
        controls.announce(owner)
    if options.like is not None:
        _begin_like(options.like, controls, network.info)
    configure(controls, options, network.info)
    return RenderSetup(network, views, controls)


def _say_size(info: ModelInfo, short_side: int) -> None:
    """Log the size of the input where the network does not take the one that was chosen."""
    limits = info.input.limits
    if limits.fixed_hw is None and limits.side(short_side) != short_side:
        step, smallest = limits.step, limits.smallest
        sides = f"{smallest} or more" if step == 1 else f"multiples of {step} from {smallest}"
        log.info("--size %d becomes %d: %s takes %s pixels", short_side, limits.side(short_side), info.name, sides)


def announce_start(info: ModelInfo, provider: Provider, source: str) -> None:
    """Log what a show that nobody watches runs."""
    log.info(
        "Ventral %s starts: %s on the %s, source: %s", metadata.version("ventral"), info.name, provider.name, source
    )


def record_of(command: str, options: RenderOptions, setup: RenderSetup, *, source: str, fps: float) -> ShowRecord:
    """How a show is set, for the files that it writes; its values are still missing."""
    shown = {"canvas": canvas_text(options.canvas_hw), "size": options.size, "precision": options.precision}
    return show_record(command, setup.network, options.model, shown, source=source, fps=fps)


def settings_text(record: ShowRecord, controls: Controls) -> str:
    """The present settings of a show, for a file."""
    return record.with_values(pictured(controls.values())).to_json()


def open_take_log(
    options: LiveOptions, setup: RenderSetup, record: ShowRecord, frames: Mailbox[Frame]
) -> TakeLog | None:
    """What keeps the take of the show, if --log names a file."""
    if options.log is None or not isinstance(frames, WaitingFrames):
        return None
    log.info("recording a take to %s", options.log)
    return TakeLog(frames, setup.controls, options.log, record, force=options.force)


def _begin_like(file: Path, controls: Controls, info: ModelInfo) -> None:
    """Set the values of the show that made a file; they count as chosen where they are not the defaults."""
    record = read_show(file)
    Playback(controls, info, record, name=shown_name(file)).show(record.values)
    values = controls.values()
    chosen = {path for path in record.values if path in values and values[path] != controls.table[path].default}
    controls.restore((values, frozenset(chosen | set(ALWAYS))))


def announce(info: ModelInfo, provider: Provider) -> None:
    """Log a warning for random weights, and why the GPU is not used."""
    if not info.trained:
        log.warning("%s is UNTRAINED (random weights); for trained weights run: ventral export vgg16", info.name)
    if provider.reason:
        log.info("running on the %s: %s", provider.name, provider.reason)


def suggest_fetch(options: RenderOptions, info: ModelInfo) -> None:
    """Say once on this machine that `ventral fetch` brings a network that knows more, unless one has been chosen."""
    said = cache_folder() / "models" / "fetch-suggested"
    if options.model != "auto" or info.name != BUNDLED or said.exists() or any(kept_path(name) for name in NAMES):
        return
    log.info("for a network that knows a thousand things, run: %s", how_to_get("squeezenet"))
    with suppress(OutputError):
        write_atomically(said, b"")
