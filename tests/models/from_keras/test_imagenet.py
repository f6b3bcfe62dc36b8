"""Keras's own download of trained weights: from its cache, and failing in every way a network can fail."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from models import zoo
from models.errors import ModelError
from models.from_keras import export, pretrained
from models.from_keras.import_tensorflow import import_tensorflow
from models.spec import ModelInfo

WEIGHTS_FILE = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"


def export_first_layers(out: Path) -> ModelInfo:
    return export.export(zoo.entry("vgg16"), weights="imagenet", until="block1_conv2", out=out, force=False)


@pytest.fixture
def keras_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    import_tensorflow()
    home = tmp_path / "keras"
    (home / "models").mkdir(parents=True)
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(home))
    return home


class Refusal(http.server.BaseHTTPRequestHandler):
    """Answers /wrong with bytes that are no weights, /stalls with half of what it promised."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "9")
        self.end_headers()
        self.wfile.write(b"nons" if self.path == "/stalls" else b"nonsense!")
        if self.path == "/stalls":
            self.connection.settimeout(20)
            self.connection.recv(1)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusal) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


@pytest.mark.usefixtures("keras_home")
@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://127.0.0.1:9", "refused"),
        ("{server}/wrong", "corrupted"),
        ("{server}/stalls", "timed out"),
    ],
)
def test_a_failed_download_is_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    server: str,
    address: str,
    reason: str,
) -> None:
    monkeypatch.setattr("keras.src.applications.vgg16.WEIGHTS_PATH_NO_TOP", address.format(server=server))
    monkeypatch.setattr(pretrained, "_DOWNLOAD_TIMEOUT", 0.5)
    with pytest.raises(ModelError) as caught:
        export_first_layers(tmp_path / "out.onnx")
    message = str(caught.value)
    assert message.startswith("cannot download the imagenet weights of vgg16 (")
    assert reason in message
    assert message.endswith("; use --weights FILE or --weights none")
    assert "\n" not in message
    assert not (tmp_path / "out.onnx").exists()
    assert capfd.readouterr() == ("", "")


def test_weights_come_from_the_cache_of_keras(
    tmp_path: Path, keras_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keras finds a file under the name it downloads to; only its checksum, the real one's, is waived."""
    import h5py
    import keras
    from keras.src.legacy.saving import legacy_h5_format

    network = keras.applications.VGG16(include_top=False, weights=None, input_shape=(None, None, 3))
    with h5py.File(keras_home / "models" / WEIGHTS_FILE, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, network)
    monkeypatch.setattr("keras.src.utils.file_utils.validate_file", lambda *_, **__: True)
    info = export_first_layers(tmp_path / "out.onnx")
    assert info.weights == "imagenet"
    assert info.trained
    stored = {tensor.name: tensor for tensor in onnx.load(tmp_path / "out.onnx").graph.initializer}
    kernel = network.get_layer("block1_conv2").get_weights()[0].transpose(3, 2, 0, 1)
    np.testing.assert_array_equal(numpy_helper.to_array(stored["block1_conv2_W"]), kernel)


@pytest.mark.usefixtures("keras_home")
def test_without_a_classifier_the_small_file_is_downloaded_and_with_one_the_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def get_file(name: str, *_: object, **__: object) -> str:
        asked.append(name)
        raise OSError("no network")

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", get_file)
    for until in ("block_1_expand", None):
        with pytest.raises(ModelError, match="no network"):
            pretrained.load(zoo.entry("mobilenet_v2"), "imagenet", until)
    assert [name.endswith("_no_top.h5") for name in asked] == [True, False]


def test_classes_have_the_names_that_keras_downloads(keras_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keras.src.applications.imagenet_utils.CLASS_INDEX", None)
    monkeypatch.setattr("keras.src.applications.imagenet_utils.CLASS_INDEX_PATH", "http://127.0.0.1:9")
    assert pretrained.imagenet_labels() == ()
    monkeypatch.setattr("keras.src.utils.file_utils.validate_file", lambda *_, **__: True)
    index = {str(number): [f"n{number:08}", f"name_{number}"] for number in range(1000)}
    (keras_home / "models" / "imagenet_class_index.json").write_text(json.dumps(index))
    assert pretrained.imagenet_labels() == tuple(f"name {number}" for number in range(1000))
