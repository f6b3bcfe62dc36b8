"""The live dream as the screen shows it: how much it dreams, how sharp it is, how it flickers, and what it costs.

`python -m scripts.dev.benchmarks.live_dream googlenet.onnx astronaut.jpg clip.mp4 photographs/` plays each file; of a
folder of pictures, a hand-held camera makes a film with a cut every five seconds. The show has a clock of its own, on
which a background job takes its CPU time: so the figures hardly depend on other programs.
"""

import itertools
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from models.spec import Network
from realtime.capture.registry import open_source
from realtime.capture.source import EndOfSource, SourceOptions
from realtime.dreams.deepdream import AscentOptions, DeepDream, plan_octaves
from realtime.dreams.objective import ObjectiveGradient, default_layer
from realtime.dreams.parse_objective import parse_objective
from realtime.imaging.compositing import centred, resize
from realtime.imaging.frame import Floats, Frame, Image, hw
from realtime.inference.engine import Engine
from realtime.inference.providers import Provider
from realtime.motion.fields import grey
from realtime.show.options import RenderOptions
from realtime.show.setup import open_setup
from scripts.dev.benchmarks.handheld import handheld_film

T = TypeVar("T")

FPS = 30.0
JUDGED = 4.0  # seconds of which every frame is judged; afterwards one per second is
SETTLED = 5.0  # seconds after which a film is judged
SIDE = 448  # pixels of the long side at which the objective is computed
OFFLINE = AscentOptions(octaves=3, octave_scale=1.5, steps=8, step_size=2.0)
REGION = 5.0  # pixels of the canvas: the size of the regions that are asked for the direction of their lines
BAND = (1.0, 6.0)  # pixels of the canvas: the scales of the detail that is compared with the offline dream


@dataclass(frozen=True, slots=True)
class Shown:
    """A frame at the size of the panel, what was shown of it, and when, in seconds."""

    image: Image
    picture: Image
    time: float

    @property
    def detail(self) -> Floats:
        """The lightness that the dream added, (height, width)."""
        return cv2.cvtColor(self.picture, cv2.COLOR_BGR2GRAY).astype(np.float32) - grey(self.image)


@dataclass(frozen=True, slots=True)
class Figures:
    """Gain of the objective; sharpness, lines and strength of the detail, grey levels; flicker relative to strength."""

    gain: float
    sharpness: float
    lines: float
    strength: float
    flicker: float
    core_ms: float


def read_frames(path: Path) -> list[Image]:
    """The frames of a film, a picture, or those of a made film of a folder of pictures."""
    if path.is_dir():
        return list(handheld_film([read_frames(file)[0] for file in sorted(path.iterdir())], 20.0))
    source, frames = open_source(str(path), SourceOptions(hold=1)), []
    with closing(source), suppress(EndOfSource):
        while True:
            frames.append(source.read())
    return frames


class ClockedEngine(Engine):
    """An engine whose background jobs, one after another, take their CPU time on a clock that `advance` sets."""

    def __init__(self) -> None:
        super().__init__(Provider("CPU", ""), background=True)
        self.worked = self._now = self._free = 0.0
        self._running: list[tuple[float, Callable[[], None]]] = []

    def start(self, job: Callable[[], T]) -> Future[T]:
        """Run a job now; its result is there when the clock has gone on."""
        future, before = Future[T](), time.thread_time()
        result = job()
        cost = time.thread_time() - before
        self.worked, self._free = self.worked + cost, max(self._free, self._now) + cost
        self._running.append((self._free, partial(future.set_result, result)))
        return future

    def advance(self, now: float) -> None:
        """Set the clock, and finish the jobs that are done by then."""
        self._now = now
        for done, finish in self._running:
            if done <= now:
                finish()
        self._running = [each for each in self._running if each[0] > now]


def play(options: RenderOptions, frames: Sequence[Image], seconds: float) -> tuple[list[Shown], float]:
    """Show frames at FPS; what was shown from SETTLED on, and the CPU milliseconds per frame of the drawing thread."""
    setup, shown, drawing = open_setup(options), [], 0.0
    with ClockedEngine() as engine:
        pipeline, settings = setup.pipeline(engine, options), setup.controls.snapshot()
        for count in range(round(seconds * FPS)):
            image, now = frames[count % len(frames)], count / FPS
            engine.advance(now)
            before = time.thread_time() - engine.worked
            canvas = pipeline.render(Frame(image, count, now), settings, now)
            drawing += time.thread_time() - engine.worked - before
            while engine.pending:
                time.sleep(0.05)
            if now < SETTLED or (now > SETTLED + JUDGED and count % round(FPS)):
                continue  # a second of frames takes 50 MB
            left, top, width, height = centred(hw(image), canvas.panel)
            panel = resize(image, (height, width))
            shown.append(Shown(panel, canvas.frame.image[top : top + height, left : left + width].copy(), now))
    return shown, drawing / (seconds * FPS) * 1e3


def figures(network: Network, layer: str, shown: Sequence[Shown], core_ms: float) -> Figures:
    """The figures of what was shown."""
    samples = [each for each in shown if round(each.time * FPS) % round(FPS) == 0]
    with Engine(Provider("CPU", "")) as engine:
        gradient = ObjectiveGradient(engine, network, parse_objective(network.info, layer))
        gains = [_value(gradient, each.picture) / _value(gradient, each.image) - 1 for each in samples]
    details = [each.detail for each in samples]
    strength = float(np.mean([each.std() for each in details]))
    sharpness = float(np.mean([cv2.Laplacian(each, cv2.CV_32F).std() for each in details]))
    lines = float(np.mean([line_strength(each) for each in details]))
    flicker = float(np.mean(list(_flickers(shown[: round(JUDGED * FPS)]))))
    return Figures(float(np.mean(gains)), sharpness, lines, strength, flicker / strength, core_ms)


def line_strength(detail: Floats) -> float:
    """The slope of the edges and lines of the detail, grey levels per pixel; noise, which has no direction, has little.

    The root of the mean difference between the eigenvalues of the structure tensor (Bigun and Granlund 1987).
    """
    across, down = cv2.Sobel(detail, cv2.CV_32F, 1, 0, scale=1 / 8), cv2.Sobel(detail, cv2.CV_32F, 0, 1, scale=1 / 8)
    xx, yy, xy = (cv2.GaussianBlur(each, (0, 0), REGION) for each in (across**2, down**2, across * down))
    return float(np.sqrt(np.mean(np.hypot(xx - yy, 2 * xy))))


def _value(gradient: ObjectiveGradient, image: Image) -> float:
    scale = SIDE / max(hw(image))
    return gradient(resize(image, (round(image.shape[0] * scale), round(image.shape[1] * scale))).astype(np.float32))[0]


def _flickers(shown: Sequence[Shown]) -> Iterator[float]:
    """The mean change of the detail from frame to frame once the motion is undone, that of a camera before a plane.

    Optical flow would be wrong by a third of a pixel here, which looks like flicker where the detail is sharp. Where a
    picture dissolves into another there are two motions: the least change of this motion, that before and none counts.
    """
    still = before = np.eye(2, 3, dtype=np.float32)
    for old, new in itertools.pairwise(shown):
        motions = (_motion(new.image, old.image), before, still)
        changes = [_change(new.detail, old.detail, motion) for motion in motions]
        before = motions[int(np.argmin(changes))]
        yield min(changes)


def _motion(new: Image, old: Image) -> Floats:
    """The affine map from a pixel of the new picture to the old one, which is found at half their size."""
    half_hw = new.shape[0] // 2, new.shape[1] // 2
    newer, older = (resize(grey(each), half_hw) for each in (new, old))
    motion = np.eye(2, 3, dtype=np.float32)
    with suppress(cv2.error):  # after a cut
        motion = np.asarray(cv2.findTransformECC(newer, older, motion, cv2.MOTION_AFFINE)[1], np.float32)
    motion[:, 2] = 2 * motion[:, 2] - motion[:, :2] @ (0.5, 0.5) + 0.5
    return motion


def _change(new: Floats, old: Floats, motion: Floats) -> float:
    moved = cv2.warpAffine(old, motion, new.shape[::-1], flags=cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP)
    return float(np.abs(new - moved)[32:-32, 32:-32].mean())


def similarity(network: Network, layer: str, image: Image, detail: Floats) -> tuple[float, float]:
    """The correlation of the local detail with an offline dream, and that of two offline dreams with each other."""
    size_hw = (round(image.shape[0] * SIDE / max(hw(image))), round(image.shape[1] * SIDE / max(hw(image))))
    dreams = []
    with Engine(Provider("CPU", "")) as engine:
        gradient = ObjectiveGradient(engine, network, parse_objective(network.info, layer))
        for seed in (0, 1):
            source = resize(image, size_hw)
            dream = DeepDream(gradient, source, OFFLINE, np.random.default_rng(seed))
            for octave in plan_octaves(size_hw, OFFLINE, gradient.limits):
                dream.ascend(octave, lambda: None)
            added = grey(dream.image).astype(np.float32) - grey(source)
            enlarged = cv2.resize(added, detail.shape[::-1], interpolation=cv2.INTER_CUBIC)
            dreams.append(_band(np.asarray(enlarged, np.float32)))
    ours = _band(detail)
    return _correlation(ours, dreams[0]), _correlation(dreams[1], dreams[0])


def _band(detail: Floats) -> Floats:
    low, high = (cv2.GaussianBlur(detail, (0, 0), sigma) for sigma in BAND)
    return np.asarray(low - high, np.float32)


def _correlation(one: Floats, other: Floats) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def main(model: str, paths: Sequence[str], seconds: float = 20.0) -> None:
    """Print a line for each picture or film."""
    options = RenderOptions(
        model=model, view="dream", canvas="854x480", set=("show/layout=full", "show/caption=off", "show/fade=0")
    )
    network = options.open()
    layer = default_layer(network.info)
    for path in paths:
        frames = read_frames(Path(path))
        shown, core_ms = play(options, frames, seconds)
        print(Path(path).name, figures(network, layer, shown, core_ms), flush=True)
        if len(frames) == 1:
            print("  offline, ours and another seed:", similarity(network, layer, shown[-1].image, shown[-1].detail))
        cv2.imwrite(f"{Path(path).stem}-shown.png", shown[-1].picture)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
