"""Make a trained network the bundled one, with its weights packed: `python -m scripts.dev.bundle FOLDER`."""

from pathlib import Path

import onnx
from cyclopts import run

from models.files import digest_file, write_atomically
from models.graph.packed_weights import pack
from models.importing.open_network import open_network
from models.zoo import bundled_path


def bundle(folder: str) -> None:
    """Pack the network that `ventral train` wrote into `folder`, and print the size and the SHA-256 of the file."""
    model = onnx.load(open_network(folder).path)
    pack(model)
    path: Path = bundled_path()
    write_atomically(path, model.SerializeToString())
    print(f"{path.name}: {path.stat().st_size:,} bytes, SHA-256 {digest_file(path)}")


if __name__ == "__main__":
    run(bundle)
