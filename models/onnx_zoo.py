"""The networks that `ventral fetch` brings: files of the ONNX model zoo, which knew ImageNet's thousand classes.

The zoo (github.com/onnx/models) lists size and SHA-256 of each file in its ONNX_HUB_MANIFEST.json. Since July 2025 the
files lie on Hugging Face, under the same paths.
"""

from dataclasses import dataclass
from pathlib import Path

from models.importing.input.normalization import CAFFE, TORCH, Normalization
from models.importing.overrides import InputLayout, Overrides
from models.zoo import cache_folder

HOME = "https://huggingface.co/onnxmodelzoo/legacy_models/resolve/main"
"""Where the zoo's files lie."""

LITE = Normalization("lite", "RGB", (127.0,) * 3, (1 / 128,) * 3)
"""The normalization of EfficientNet-Lite."""


@dataclass(frozen=True, slots=True)
class ZooFile:
    """A network of the zoo: its file below HOME, the size in bytes and the SHA-256 of the file, and its input.

    The licence is the one that the zoo gives for it.
    """

    name: str
    path: str
    size: int
    digest: str
    origin: str
    licence: str
    normalization: Normalization = TORCH
    layout: InputLayout | None = None

    @property
    def megabytes(self) -> str:
        """The size of the file in words."""
        return f"{self.size / 1e6:.0f} MB"

    def overrides(self, labels: Path) -> Overrides:
        """What the file itself does not say: its input, and the names of its classes in the file `labels`."""
        known = self.normalization
        return Overrides(labels, known.colours, known.mean, known.scale, self.layout)


ONNX_ZOO = {
    each.name: each
    for each in (
        ZooFile(
            "alexnet",
            "validated/vision/classification/alexnet/model/bvlcalexnet-12.onnx",
            243_863_787,
            "6b0da9510f27f234ee96a85dc3809dd210150fdefad87f6850f9788513216945",
            "AlexNet of BVLC, from Caffe (Krizhevsky and others 2012)",
            "BSD-3-Clause",
            CAFFE,
        ),
        ZooFile(
            "caffenet",
            "validated/vision/classification/caffenet/model/caffenet-12.onnx",
            243_863_798,
            "ea563e5c47d1f58e1717cf1a2d8bf288b8adc07af0ad228b622096cd243aeecb",
            "CaffeNet, a variant of AlexNet, from Caffe (Krizhevsky and others 2012)",
            "BSD-3-Clause",
            CAFFE,
        ),
        ZooFile(
            "densenet121",
            "validated/vision/classification/densenet-121/model/densenet-12.onnx",
            32_726_877,
            "0294e7e88e5b3360de9b0fdc321baf9e6ef18b7f058c4536caae3b9f18ed9ed5",
            "DenseNet-121, from Caffe2 (Huang and others 2016)",
            "MIT",
        ),
        ZooFile(
            "efficientnet_lite4",
            "validated/vision/classification/efficientnet-lite4/model/efficientnet-lite4-11.onnx",
            51_946_641,
            "d111689907c06eea7c82e4833ddef758da6453b9d4cf60b7e99ca05c7cbd9c12",
            "EfficientNet-Lite4, from TensorFlow (Tan and Le 2019)",
            "MIT",
            LITE,
            "NHWC",
        ),
        ZooFile(
            "googlenet",
            "validated/vision/classification/inception_and_googlenet/googlenet/model/googlenet-12.onnx",
            28_021_836,
            "c99c507058eaf41de8723408fdda7db8325cb57f0a89f2ee07a716d6e963e14e",
            "GoogLeNet of BVLC, from Caffe (Szegedy and others 2014)",
            "BSD-3-Clause",
            CAFFE,
        ),
        ZooFile(
            "inception_v2",
            "validated/vision/classification/inception_and_googlenet/inception_v2/model/inception-v2-9.onnx",
            45_042_799,
            "37ed4aa93f817fd0d1cc19bda045ebd70f18d0887a5f51e66ecd0ed8fd5a65c2",
            "Inception v2, from Caffe2 (Ioffe and Szegedy 2015)",
            "MIT",
            CAFFE,
        ),
        ZooFile(
            "mobilenet_v2",
            "validated/vision/classification/mobilenet/model/mobilenetv2-12.onnx",
            13_964_571,
            "c0c3f76d93fa3fd6580652a45618618a220fced18babf65774ed169de0432ad5",
            "MobileNet v2, from MXNet (Sandler and others 2018)",
            "Apache-2.0",
        ),
        ZooFile(
            "resnet50",
            "validated/vision/classification/resnet/model/resnet50-v1-12.onnx",
            102_576_593,
            "3f03fdef724b22947eed826f1eef1dc5c34151bb4c37d634f1db89dfa2dd1526",
            "ResNet-50, from MXNet (He and others 2015)",
            "Apache-2.0",
        ),
        ZooFile(
            "shufflenet_v2",
            "validated/vision/classification/shufflenet/model/shufflenet-v2-12.onnx",
            9_218_556,
            "ea69821b4dd374ae2f33f9710dd1229ac263d0ee5b5a46ca3521f6483e1ba035",
            "ShuffleNet v2, from PyTorch (Ma and others 2018)",
            "BSD-3-Clause",
        ),
        ZooFile(
            "squeezenet",
            "validated/vision/classification/squeezenet/model/squeezenet1.0-12.onnx",
            4_952_956,
            "dec81a8684617770b3cf13fadc1d92565d1d453d23935fc6388b792d99c992bd",
            "SqueezeNet 1.0, from Caffe (Iandola and others 2016)",
            "Apache-2.0",
            CAFFE,
        ),
        ZooFile(
            "squeezenet_1_1",
            "validated/vision/classification/squeezenet/model/squeezenet1.1-7.onnx",
            4_956_208,
            "1eeff551a67ae8d565ca33b572fc4b66e3ef357b0eb2863bb9ff47a918cc4088",
            "SqueezeNet 1.1, from MXNet (Iandola and others 2016)",
            "Apache-2.0",
        ),
        ZooFile(
            "vgg16",
            "validated/vision/classification/vgg/model/vgg16-12.onnx",
            553_437_752,
            "722c42f53ca03a5480296bf8f9c85a151de3eed9ec982d7d2302ff6e2900c67b",
            "VGG-16, from MXNet (Simonyan and Zisserman 2014)",
            "Apache-2.0",
        ),
        ZooFile(
            "vgg19",
            "validated/vision/classification/vgg/model/vgg19-7.onnx",
            574_677_321,
            "692f9f927f1df1b89033787a77a73eac59fd9b3344f9ecdf0b13221e41c2046f",
            "VGG-19, from MXNet (Simonyan and Zisserman 2014)",
            "Apache-2.0",
        ),
        ZooFile(
            "zfnet512",
            "validated/vision/classification/zfnet-512/model/zfnet512-12.onnx",
            349_005_501,
            "c975ca6a24c0a2e1584c6f82667e0ac9c06084fc7769d267f71b4a154d1f1c72",
            "ZFNet-512, from Caffe2 (Zeiler and Fergus 2013)",
            "MIT",
            CAFFE,
        ),
    )
}


def fetched_path(name: str) -> Path:
    """The file where `ventral fetch` keeps the network called `name`, as the zoo has it."""
    return cache_folder() / "models" / "fetched" / f"{name}.onnx"


def labels_asset() -> Path:
    """The names of ImageNet's thousand classes, in the package."""
    return Path(__file__).parent / "assets" / "imagenet.txt"
