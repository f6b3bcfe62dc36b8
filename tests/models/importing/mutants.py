"""Open damaged networks one after another, for a process of its own: `python -m tests.models.importing.mutants FOLDER`.

Each file is opened, and one mosaic of one layer is built and run. A line on stdout before each says which comes, and
one after it how it ended; what kills the process is the last one begun.
"""

from __future__ import annotations

import resource
import sys
import time
import traceback
import warnings
from pathlib import Path

from models.build.build import build
from models.build.graph_spec import GraphSpec
from models.build.heads.grid import Grid
from models.build.heads.mosaic import MosaicHead
from models.errors import VentralError
from models.importing.open_network import open_network
from realtime.inference.providers import CPU, Session

MEMORY = 4 * 2**30
LONGEST = 10.0  # seconds for one network


def show(path: Path) -> None:
    """Open a network and draw its last layer once, as the show would."""
    network = open_network(str(path))
    info = network.info
    layer = info.key_layers[-1]
    head = MosaicHead(layer.name, Grid(1, 1, (16, 16), 1, (17, 17)), chosen=1)
    spec = GraphSpec(network, head, info.input.limits.fit((48, 48)))
    Session(build(spec), CPU).warm_up()


def outcome(path: Path) -> str:
    try:
        show(path)
    except VentralError as error:
        lines = str(error).splitlines()
        return f"refused: {lines[0]}" if len(lines) == 1 else f"LINES {lines}"
    except BaseException:
        return f"ESCAPED {traceback.format_exc()!r}"
    return "shown"


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main(folder: Path) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("error")
    for path in sorted(folder.glob("*.onnx")):
        say(f"{path.name} begun")
        start = time.monotonic()
        ended = outcome(path)
        seconds = time.monotonic() - start
        say(f"{path.name} {ended if seconds < LONGEST else f'SLOW {seconds:.1f} s, {ended}'}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
