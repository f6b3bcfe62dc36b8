"""The memory of many open graphs; in a process of its own, since memory that was freed may stay with a process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]

GRADIENTS_OF_FOUR_SIZES = """
from pathlib import Path
import numpy as np
from models.build.graph_spec import GraphSpec
from models.build.heads.dream import DreamHead
from models.importing.open_network import open_network
from realtime.inference.open_session import open_session
from realtime.inference.providers import CPU

def megabytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

network, runs = open_network("world"), []
for height, width in ((192, 256), (320, 448), (448, 640), (480, 640)):
    feeds = {"image": np.zeros((height, width, 3), np.float32), "weights": np.ones(128, np.float32)}
    runs.append((open_session(GraphSpec(network, DreamHead(("block4_conv2",)), (height, width)), CPU), feeds))
for count in range(5):
    for session, feeds in runs:
        session.run(feeds)
    print(round(megabytes()))
"""


A_DREAM_THAT_ENDS = """
import time
import numpy as np
from models.build.graph_spec import GraphSpec
from models.build.heads.activations import ActivationsHead
from models.build.heads.dream import DreamHead
from models.importing.open_network import open_network
from realtime.inference.engine import Engine
from realtime.inference.memory.process_memory import resident_bytes
from realtime.inference.providers import CPU

network = open_network("world")
dream = GraphSpec(network, DreamHead(("block4_conv2",)), (480, 640))
picture = GraphSpec(network, ActivationsHead("block1_conv1"), (224, 304))
with Engine(CPU, background=True) as engine:
    engine.prefetch([picture])
    engine.run_when_ready(picture, {"image": np.zeros((224, 304, 3), np.uint8)})
    time.sleep(2)
    print(round(resident_bytes() / 1e6))
    engine.prefetch([dream])
    engine.run_when_ready(dream, {"image": np.zeros((480, 640, 3), np.float32), "weights": np.ones(128, np.float32)})
    peak = resident_bytes()
    print(round(peak / 1e6))
    engine.prefetch([picture])
    deadline = time.monotonic() + 30
    while resident_bytes() > peak - 80e6 and time.monotonic() < deadline:
        time.sleep(0.1)
    print(round(resident_bytes() / 1e6))
"""


def megabytes_of(script: str) -> list[int]:
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return [int(each) for each in done.stdout.split()]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_gradients_of_several_sizes_share_their_memory() -> None:
    first, *_, last = megabytes_of(GRADIENTS_OF_FOUR_SIZES)
    assert last < 1.1 * first < 600


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_memory_of_a_dream_is_given_back_when_it_has_ended() -> None:
    before, dreaming, after = megabytes_of(A_DREAM_THAT_ENDS)
    assert dreaming > before + 100
    assert after < dreaming - 80
