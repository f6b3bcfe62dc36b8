"""`ventral fetch`: bring a trained network of the ONNX model zoo onto this machine."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Table

from models.errors import ModelError
from models.fetching.download import Progress as Report
from models.fetching.fetch import fetch as fetch_network
from models.importing.open_network import NAMES, how_to_get, kept_path, open_network
from models.onnx_zoo import ONNX_ZOO, ZooFile, fetched_path


def fetch(name: str | None = None, /) -> None:
    """Bring a trained network of the ONNX model zoo onto this machine: it knows a thousand classes of ImageNet.

    Without NAME, list the networks. A download that was interrupted goes on where it ended, and a file is kept only if
    its SHA-256 is right. Proxies are taken from http_proxy, https_proxy and no_proxy; VENTRAL_MIRROR is the address of
    another server with the files of the zoo.

    Example: `ventral fetch squeezenet`

    :param name: the network, such as squeezenet or googlenet
    """
    if name is None:
        Console().print(_listed())
        return
    if name not in ONNX_ZOO:
        raise ModelError(
            f"{name} is not in the ONNX model zoo; run: {how_to_get(name)}"
            if name in NAMES
            else f"unknown network '{name}'; expected {', '.join(ONNX_ZOO)}"
        )
    network = ONNX_ZOO[name]
    with _progress_bar(network) as report:
        fetched = fetch_network(network, report)
    print(f"{fetched_path(name)}: {network.megabytes}, {'SHA-256 checked' if fetched else 'was here already'}")
    print(
        f"{network.origin}, of the ONNX model zoo (github.com/onnx/models), which gives the licence {network.licence}"
    )
    if kept_path(name) != fetched_path(name):
        print(f"--model {name} still opens {kept_path(name)}, exported from Keras; delete that file to use this one")
        return
    info = open_network(name).info
    print(f"{len(info.layers)} layers, {len(info.scores.labels)} classes; show it with: ventral --model {name}")


def _listed() -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("network")
    table.add_column("size", justify="right")
    for title in ("licence", "origin", ""):
        table.add_column(title)
    for name, network in ONNX_ZOO.items():
        here = "fetched" if fetched_path(name).exists() else ""
        table.add_row(name, network.megabytes, network.licence, network.origin, here)
    return table


@contextmanager
def _progress_bar(network: ZooFile) -> Iterator[Report]:
    """Bytes, speed and remaining time on stderr, if that is a terminal."""
    columns = (TextColumn(network.name), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task(network.name, total=network.size)
        yield lambda size: bar.update(task, completed=size)
