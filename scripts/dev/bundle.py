"""Make a trained network the bundled one, with its weights packed: `python -m scripts.dev.bundle FOLDER`."""

import dataclasses
from pathlib import Path

import onnx
from cyclopts import run

from models.files import digest_file, write_atomically
from models.graph.packed_weights import pack
from models.importing.open_network import open_network
from models.spec import RECORD
from models.zoo import BUNDLED, bundled_path


def bundle(folder: str) -> None:
    """Pack the network that `ventral train` wrote into `folder`, and print the size and the SHA-256 of the file."""
    network = open_network(folder)
    model = onnx.load(network.path)
    onnx.helper.set_model_props(model, {RECORD: dataclasses.replace(network.info, name=BUNDLED).to_json()})
    pack(model)
    path: Path = bundled_path()
    write_atomically(path, model.SerializeToString())
    print(f"{path.name}: {path.stat().st_size:,} bytes, SHA-256 {digest_file(path)}")


if __name__ == "__main__":
    run(bundle)
