"""From a GraphSpec to a finished .onnx file in the cache."""

import hashlib
from pathlib import Path

import onnx

import models.autodiff
import models.build
import models.graph
import models.spec
from models.build.ceil_mode import remove_ceil_mode
from models.build.expand_lrn import expand_lrn
from models.build.fp16.halve import halve
from models.build.graph_spec import GraphSpec
from models.build.int8.pool_levels import pool_levels
from models.build.int8.quantize import quantize
from models.build.preprocess import fix_size, prepend
from models.build.weight_cache import PACKED, forget, is_intact, load_nodes, load_packed, split_weights
from models.errors import ModelError
from models.files import digest_code, write_atomically
from models.graph.builder import GraphBuilder, shapes
from models.graph.constant_folding import fold_known_shapes
from models.graph.run_time_scales import connect_scales
from models.graph.truncate import truncate
from models.spec import CLASSES, Hw, ModelInfo


def build(spec: GraphSpec) -> Path:
    """The file of the finished graph, made when the cache does not have it yet.

    Raises ModelError when the layer or the size does not fit the network, OutputError when the cache cannot be
    written.
    """
    path = _path(spec)
    if not path.exists():
        write_atomically(path, _content(spec))
    return path


def repair(spec: GraphSpec) -> bool:
    """Remake the damaged files of a finished graph; False when all are intact."""
    folder = split_weights(spec.network)
    if not is_intact(folder) or (spec.precision in PACKED and not is_intact(folder, PACKED[spec.precision])):
        forget(spec.network)
        return True
    path, content = _path(spec), _content(spec)
    if path.exists() and path.read_bytes() == content:
        return False
    write_atomically(path, content)
    return True


def key(spec: GraphSpec) -> str:
    """The name of a finished graph: a digest of everything that decides it, including the code that writes it."""
    code = digest_code(models.graph, models.autodiff, models.build, models.spec)
    return hashlib.sha256(
        repr((spec.head, spec.size_hw, spec.precision, spec.network.info.input, code)).encode()
    ).hexdigest()[:32]


def assemble(model: onnx.ModelProto, spec: GraphSpec) -> onnx.ModelProto:
    """Truncate `model`, prepend the preprocessing, append the head, check."""
    info, head = spec.network.info, spec.head
    tensors = head.tensors(info)
    _check_size(spec.size_hw, info, tensors)
    del model.metadata_props[:]
    model.graph.name = info.name
    truncate(model, tensors)
    fix_size(model, info.input, spec.size_hw)
    remove_ceil_mode(model)
    while fold_known_shapes(model):
        remove_ceil_mode(model)
    if spec.precision == "int8":
        quantize(model, load_packed(spec.network, "int8"), info.input, tensors)
    if spec.precision == "fp16":
        halve(model, load_packed(spec.network, "fp16"), tensors)
    expand_lrn(model)
    builder = GraphBuilder(model)
    prepend(builder, info.input, spec.size_hw, head.image_type)
    head.append(builder, info, shapes(model))
    if spec.precision == "int8":
        pool_levels(model)
    connect_scales(model)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    return model


def _path(spec: GraphSpec) -> Path:
    return split_weights(spec.network) / f"{key(spec)}.onnx"


def _content(spec: GraphSpec) -> bytes:
    model = load_nodes(spec.network, classifier=CLASSES in spec.head.reads)
    content: bytes = assemble(model, spec).SerializeToString()
    return content


def _check_size(size_hw: Hw, info: ModelInfo, tensors: tuple[str, ...]) -> None:
    """ModelError for a size that the network does not accept; ONNX Runtime may crash on one that is too small."""
    strides = (layer.stride for layer in info.layers if layer.name in tensors)
    smallest, step = max((info.input.smallest, *strides)), info.input.step
    if min(size_hw) < smallest:
        raise ModelError(
            f"the input would be {size_hw[1]}x{size_hw[0]} pixels, but the network needs at least"
            f" {smallest}x{smallest}; increase --size"
        )
    if any(side % step for side in size_hw):
        raise ModelError(
            f"{info.name} takes sides that are multiples of {step} pixels, but the input would be"
            f" {size_hw[1]}x{size_hw[0]}; choose another --size"
        )
    fixed = info.input.fixed_hw
    if fixed is not None and size_hw != fixed:
        raise ModelError(
            f"{info.name} takes pictures of {fixed[1]}x{fixed[0]} pixels only, not {size_hw[1]}x{size_hw[0]}"
        )
