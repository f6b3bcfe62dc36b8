"""Import a network from an ONNX file: validate it, run the passes, try it out, and keep the result in the cache."""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

import onnx

import models.graph
import models.importing
import models.spec
from models.errors import ModelError, one_line
from models.files import digest_code, digest_file, write_atomically
from models.graph import surgery
from models.graph.builder import OPSET, ancestors
from models.importing.analysis.analysis import Analysis
from models.importing.analysis.find_classifier import LOGITS, PROBABILITIES
from models.importing.analysis.layer_names import NCHW_SUFFIX
from models.importing.inline_functions import inline_functions
from models.importing.input.by_first_nodes import by_first_nodes
from models.importing.input.by_producer import by_producer
from models.importing.input.find_input import picture_value
from models.importing.input.metadata import Metadata, from_metadata, labels_in, native_size, read_metadata
from models.importing.input.normalization import InputEstimate, as_pixels
from models.importing.overrides import InputLayout
from models.importing.passes.context import PassContext
from models.importing.passes.pipeline import run_passes
from models.importing.passes.plain.convert_opset import NEWEST_RUN
from models.importing.read_file import read_onnx
from models.importing.trial_run import Original, try_out
from models.importing.validate import check_opset, subgraphs, validate
from models.labels import numbered_labels
from models.spec import RECORD, ClassifierInfo, InputLimits, ModelInfo, Network
from models.zoo import cache_folder

LONGEST_ERROR = 500
MOST_NAMED = 3
ANONYMOUS = "imported"
"""The name of a network in the cache; it is opened under the name of its file."""


@dataclass(frozen=True, slots=True)
class Imported:
    """An imported network, and a description of its input and how that is known."""

    network: Network
    input_text: str
    notes: tuple[str, ...] = ()
    """What a person should know of it, each to follow its name: is shown without ..."""


def recall_imported(path: Path, digest: str, layout: InputLayout | None) -> Imported | None:
    """The network in the file at `path`, whose SHA-256 is `digest`, if it was imported before."""
    stored = _stored(digest, layout)
    try:
        entry = json.loads(stored.with_suffix(".json").read_text())
        if digest_file(stored) != entry["digest"]:
            return None
        info, text, notes = ModelInfo.from_json(entry["record"]), str(entry["input"]), tuple(entry["notes"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Imported(Network(replace(info, name=path.stem, weights=path.name), stored, entry["digest"]), text, notes)


def import_network(model: onnx.ModelProto, path: Path, digest: str, layout: InputLayout | None) -> Imported:
    """Import `model`, which was read from the file at `path`; it is rewritten in place.

    Raises ModelError in one line when it cannot be shown, OutputError when the cache cannot be written.
    """
    try:
        content, info, text, notes = _translate(model, path, layout)
    except ModelError as error:
        raise ModelError(f"{path} cannot be shown: {one_line(error, LONGEST_ERROR)}") from error
    stored = _stored(digest, layout)
    anonymous = replace(info, name=ANONYMOUS, weights=ANONYMOUS).to_json()  # the same whatever the file is called
    metadata = onnx.ModelProto(metadata_props=[onnx.StringStringEntryProto(key=RECORD, value=anonymous)])
    content += metadata.SerializeToString()  # protocol buffers are joined by joining their bytes
    stored_digest = hashlib.sha256(content).hexdigest()
    entry = {"digest": stored_digest, "record": anonymous, "input": text, "notes": notes}
    write_atomically(stored, content)
    write_atomically(stored.with_suffix(".json"), json.dumps(entry).encode())
    return Imported(Network(info, stored, stored_digest), text, notes)


def _stored(digest: str, layout: InputLayout | None) -> Path:
    code = digest_code(models.graph, models.importing, models.spec)
    key = hashlib.sha256(f"{digest} {layout} {code}".encode()).hexdigest()[:32]
    return cache_folder() / "models" / "imported" / f"{key}.onnx"


def _translate(
    model: onnx.ModelProto, path: Path, layout: InputLayout | None
) -> tuple[bytes, ModelInfo, str, tuple[str, ...]]:
    """The stored network, its record, a description of its input, and notes."""
    has_functions = bool(model.functions)
    model = inline_functions(model)
    validate(model)
    metadata, guess = read_metadata(model), by_producer(model, path.stem)
    opset, inner = check_opset(model), has_functions or any(map(subgraphs, model.graph.node))
    context = PassContext(model, layout)
    run_passes(context)
    channels = context.input.channels
    estimate = from_metadata(metadata, channels) or by_first_nodes(model.graph, channels)
    if context.input.is_integer:
        estimate = as_pixels(estimate, channels)
    estimate = estimate or InputEstimate(guess[0].input(channels), guess[1], sure=False)
    content, analysis = model.SerializeToString(), context.analysis
    read = {name for node in model.graph.node for name in node.input}
    ends = [LOGITS] if analysis.classifier else []
    ends += [layer.name for layer in analysis.layers if layer.name not in read]
    original = _original(path, context) if opset < OPSET or (inner and opset <= NEWEST_RUN) else None
    estimate = try_out(content, ends, analysis.sizes.normal_hw, estimate, original)
    return (
        content,
        _info(path, metadata, analysis, estimate, _evidence(model.graph, analysis)),
        estimate.text,
        _notes(context),
    )


def _notes(context: PassContext) -> tuple[str, ...]:
    """What was left out, and that gradients are not exact."""
    what = "; ".join(context.left_out[:MOST_NAMED])
    notes = [f"is shown without {what}, and what depends on it"] if what else []
    if any(node.op_type == "QuantizeLinear" for node in context.graph.node):
        notes.append("is quantized: gradients pass it as if nothing was rounded")
    return tuple(notes)


def _original(path: Path, context: PassContext) -> Original:
    """The file as it is, cut down to the tensors that the imported network has too."""
    model = read_onnx(path)
    tensors = {name.removesuffix(NCHW_SUFFIX): stored for name, stored in context.analysis.names.items()}
    if context.analysis.classifier:
        tensors[context.analysis.classifier.logits.removesuffix(NCHW_SUFFIX)] = LOGITS
    produced = {name for node in model.graph.node for name in node.output}
    tensors = {name: stored for name, stored in tensors.items() if name in produced}
    surgery.prune(model.graph, tensors)
    for field in ("output", "value_info"):
        model.graph.ClearField(field)
    picture = picture_value(model.graph)
    for (
        dim
    ) in picture.type.tensor_type.shape.dim:  # as the imported network, it takes other sizes than the declared one
        dim.Clear()
    entry = onnx.ValueInfoProto.FromString(picture.SerializeToString())
    model.graph.ClearField("input")
    model.graph.input.append(entry)
    model.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in tensors)
    halves = any(tensor.data_type == onnx.TensorProto.FLOAT16 for tensor in model.graph.initializer)
    return Original(model.SerializeToString(), context.input, tensors, halves)


def _evidence(graph: onnx.GraphProto, analysis: Analysis) -> str:
    """The deepest key layer that the classifier depends on; empty where that is the last one."""
    read = {name for node in ancestors(graph, [LOGITS]) for name in node.output}
    key_layers = [layer.name for layer in analysis.layers if layer.is_key_layer]
    deepest = next((name for name in reversed(key_layers) if name in read), "")
    return deepest if deepest != key_layers[-1] else ""


def _info(path: Path, metadata: Metadata, analysis: Analysis, estimate: InputEstimate, evidence: str) -> ModelInfo:
    """The record of an imported network."""
    limits = InputLimits(analysis.smallest, analysis.fixed_hw, analysis.sizes.step)
    input_info = replace(estimate.input, smallest=limits.smallest, fixed_hw=limits.fixed_hw, step=limits.step)
    labels = labels_in(metadata, analysis.classes) or numbered_labels(analysis.classes)
    size_hw = analysis.fixed_hw or native_size(metadata, limits) or analysis.sizes.normal_hw
    classifier = ClassifierInfo(LOGITS, PROBABILITIES, labels, size_hw, evidence=evidence) if analysis.classes else None
    return ModelInfo(path.stem, path.name, input_info, analysis.layers, classifier)
