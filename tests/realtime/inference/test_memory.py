"""The memory of many open graphs; in a process of its own, since memory that was freed may stay with a process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

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


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_gradients_of_several_sizes_share_their_memory() -> None:
    done = subprocess.run(
        [sys.executable, "-c", GRADIENTS_OF_FOUR_SIZES], cwd=ROOT, capture_output=True, text=True, check=True
    )
    first, *_, last = map(int, done.stdout.split())
    assert last < 1.1 * first < 600
