"""Readable names for layers, from the names that exporters give tensors, nodes and weights."""

import re
from collections.abc import Iterator, Sequence

from onnx import defs

from models.importing.analysis.find_layers import FoundLayer
from models.spec import CLASSES

NCHW_SUFFIX = "/nchw"
"""Added to the name of a tensor that was transposed to NCHW."""

MAPS_SUFFIX = "/maps"
"""Added to the name of an output that was turned into maps."""

READABLE = re.compile(r"(?=.*[A-Za-z])[\w./-]{1,64}", re.ASCII)
MEANINGLESS = re.compile(
    r"(onnx::.*|const_fold\w*|[A-Z][A-Za-z]*[_-]*\d+([_-](Y|out|output)(_?\d+)?)?|(?i:(relu|add|concat|sum|clip|mul)_?\d*)|"
    r"(?i:node|tensor|t|x|y|v|val|var|input|output)[_.]?\d*)"
)
"""Numbered automatically: Conv_12, relu3, onnx::Add_317; such a name is replaced."""

ACTIVE = re.compile(
    r"(.*[/._])?(p?re_?lu6?|activation|act|leaky\w*|swish|silu|clip|mul|elu|sigmoid|hard_\w*)([_.]?\d+)*(_fwd)?", re.I
)
"""The name of an activation says less than that of its convolution."""

TENSORFLOW = re.compile(r":\d+(/nchw)?$")
TENSORFLOW_WEIGHTS = re.compile(r"ReadVariableOp|merged_input|batchnorm")
TENSORFLOW_OPERATORS = re.compile(
    r"(Relu6?|Elu|Selu|LeakyRelu|Sigmoid|Tanh|Softplus|BiasAdd|Conv2D\w*|DepthwiseConv2d\w*|FusedBatchNorm\w*|Add(V2)?|"
    r"Mul|Sub|Maximum|concat|add|mul|sub|convolution|depthwise|separable_conv2d|batchnorm|Const|Squeeze)(_\d+)?"
)

SCOPES = "pkg.torch.onnx.name_scopes"
"""The key in the metadata of a node of the modules that it lies in."""

WORDS = {"Conv": "conv", "ConvTranspose": "deconv", "Add": "add", "Sum": "add", "Concat": "concat", "Max": "max"}
OUTPUT = "output"
RESERVED = ("net/", "ventral/", "scores/")


def layer_names(layers: Sequence[FoundLayer]) -> dict[str, str]:
    """A name for each layer's tensor: unique, readable, without the scopes that all of them share."""
    others = [layer for layer in layers if not layer.name]
    proposed = _without_shared_scopes([next(_proposals(layer), "") for layer in others])
    if all(TENSORFLOW.search(layer.node.output[0]) for layer in others):
        proposed = _without_shared_number(proposed)
    names = {layer.tensor: name for layer, name in zip(others, proposed, strict=True)}
    chosen: dict[str, str] = {}
    used, counts = {CLASSES, *(layer.name for layer in layers if layer.name)}, dict[str, int]()
    for layer in layers:
        if layer.name:
            chosen[layer.tensor] = layer.name
            continue
        word = OUTPUT if layer.is_output else WORDS[layer.node.op_type]
        counts[word] = counts.get(word, 0) + 1
        chosen[layer.tensor] = _unique(names[layer.tensor] or f"{word}{counts[word]}", used)
    return chosen


def _unique(name: str, used: set[str]) -> str:
    unique, count = name, 1
    while unique in used:
        count += 1
        unique = f"{name}_{count}"
    used.add(unique)
    return unique


def _proposals(layer: FoundLayer) -> Iterator[str]:
    """Possible names of the layer, the best first."""
    own = layer.node.output[0]
    if layer.is_output:
        if _is_readable(clean(own)):
            yield clean(own)
        return
    raw = [own, layer.tensor] if own.startswith("/") else [layer.tensor, own]  # PyTorch numbers its activations
    raw.append(layer.node.name.removeprefix("node_"))
    if layer.is_join:
        raw = [*_module(layer), *raw]
    else:
        weight = layer.node.input[1]
        place = 0 if weight.endswith(".weight") else len(raw)  # PyTorch names weights after modules
        raw.insert(place, re.sub(r"[./_](weight|kernel|W|w)(_\d+)?(:0)?$", "", weight))
    cleaned = [name for name in map(clean, raw) if _is_readable(name)]
    yield from (name for name in cleaned if not ACTIVE.fullmatch(name))
    yield from cleaned


def _module(layer: FoundLayer) -> list[str]:
    """The module of PyTorch that makes the layer, as its newer exporter notes it: ['', 'stages.0', 'add_3']."""
    scopes = [entry.value for entry in layer.node.metadata_props if entry.key == SCOPES]
    return re.findall(r"'([^']*)'", scopes[0])[-2:-1] if scopes else []


def _is_readable(name: str) -> bool:
    return (
        READABLE.fullmatch(name) is not None
        and MEANINGLESS.fullmatch(name) is None
        and not defs.has(name)
        and not name.startswith(RESERVED)
        and re.search(r"[A-Za-z]{2}", name) is not None
    )


def clean(name: str) -> str:
    """The name without its exporter's additions: `/layer1/layer1.0/conv1/Conv_output_0` -> layer1.0.conv1."""
    name = name.removesuffix(NCHW_SUFFIX).removesuffix(MAPS_SUFFIX)
    if TENSORFLOW.search(name):
        return _from_tensorflow(name.rpartition(":")[0])
    if name.startswith("/"):
        return _from_torch(name)
    return re.sub(r"_Output_\d+$|_fwd$", "", name)


def _from_torch(name: str) -> str:
    """Scopes get longer from left to right and repeat each other; the operator comes last."""
    parts: list[str] = []
    for scope in name.strip("/").split("/")[:-1]:
        if parts and scope.startswith(f"{parts[-1]}."):
            parts[-1] = scope
        else:
            parts.append(scope)
    return ".".join(parts)


def _from_tensorflow(name: str) -> str:
    """`functional_1/block1_conv1_1/Relu` -> functional_1/block1_conv1_1."""
    parts = [re.sub(r"__\d+$", "", part) for part in name.split("/")]
    for ending in (TENSORFLOW_WEIGHTS, TENSORFLOW_OPERATORS, TENSORFLOW_WEIGHTS):
        if len(parts) > 1 and ending.fullmatch(parts[-1]):
            parts.pop()
    return "/".join(parts)


def _without_shared_scopes(proposed: Sequence[str]) -> list[str]:
    """Drop leading scopes that every name has, such as `StatefulPartitionedCall/model/`."""
    split = [name.split("/") for name in proposed if name]
    shared = 0
    while len(split) > 1 and all(len(parts) > shared + 1 and parts[shared] == split[0][shared] for parts in split):
        shared += 1
    return ["/".join(name.split("/")[shared:]) for name in proposed]


def _without_shared_number(proposed: Sequence[str]) -> list[str]:
    """Drop the number that TensorFlow appends to every scope of a model that was built twice."""
    endings = {match.group() if (match := re.search(r"_\d+$", name)) else "" for name in proposed if name}
    return [name.removesuffix(next(iter(endings))) for name in proposed] if len(endings) == 1 else list(proposed)
