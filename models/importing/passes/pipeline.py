"""The import passes in order: from a validated ONNX file to a stored network.

Each pass rewrites the graph in place without changing what it computes. It has a check before and a check after;
a check that fails is a bug in Ventral, and the error names the pass.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from models.errors import ModelError
from models.importing.passes.constants_to_initializers import constants_to_initializers, has_no_constants
from models.importing.passes.context import PassContext
from models.importing.passes.declare_outputs import declare_outputs, is_stored_network
from models.importing.passes.explicit_pads import explicit_pads
from models.importing.passes.fold_shapes import fold_constants, fold_shapes
from models.importing.passes.keep_layers import has_only_layers, keep_layers
from models.importing.passes.name_tensors import has_layer_names, name_tensors
from models.importing.passes.outputs_as_maps import outputs_as_maps
from models.importing.passes.plain.convert_opset import convert_opset, has_current_opset
from models.importing.passes.plain.expand_group_norm import expand_group_norm, has_no_group_norm
from models.importing.passes.plain.inline_subgraphs import has_no_subgraphs, inline_subgraphs
from models.importing.passes.plain.leave_out import has_one_input, leave_out
from models.importing.passes.remove_identities import has_no_identities, remove_identities
from models.importing.passes.to_float32 import has_no_halves, to_float32
from models.importing.passes.to_nchw import takes_nchw, to_nchw
from models.importing.tokens.expand_attention import expand_attention, has_no_attention
from models.importing.tokens.tokens_to_maps import tokens_to_maps

Check: TypeAlias = Callable[[PassContext], bool]


class PassError(Exception):
    """A pass failed: a bug in Ventral."""


def is_ordered(context: PassContext) -> bool:
    """Every tensor is made before it is read; after every pass."""
    known = {"", *(each.name for each in (*context.graph.input, *context.graph.initializer))}
    for node in context.graph.node:
        if not known.issuperset(node.input):
            return False
        known.update(node.output)
    return known.issuperset(output.name for output in context.graph.output)


@dataclass(frozen=True, slots=True)
class Pass:
    """One rewrite of the graph, what must hold before it, and what holds after it."""

    run: Callable[[PassContext], None]
    before: Check = is_ordered
    after: Check = is_ordered

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.run.__name__


PASSES = (
    Pass(leave_out, after=has_one_input),
    Pass(inline_subgraphs, before=has_one_input, after=has_no_subgraphs),
    Pass(convert_opset, after=has_current_opset),
    Pass(constants_to_initializers, before=has_current_opset, after=has_no_constants),
    Pass(remove_identities, before=has_no_constants, after=has_no_identities),
    Pass(fold_constants, before=has_no_constants),
    Pass(expand_group_norm, before=has_no_constants, after=has_no_group_norm),
    Pass(to_float32, before=has_no_constants, after=has_no_halves),
    Pass(to_nchw, before=has_no_halves, after=takes_nchw),
    Pass(expand_attention, before=takes_nchw, after=has_no_attention),
    Pass(tokens_to_maps, before=has_no_attention),
    Pass(outputs_as_maps, before=takes_nchw),
    Pass(fold_shapes, before=takes_nchw),
    Pass(explicit_pads, before=takes_nchw),
    Pass(keep_layers, before=takes_nchw, after=has_only_layers),
    Pass(name_tensors, before=has_only_layers, after=has_layer_names),
    Pass(declare_outputs, before=has_layer_names, after=is_stored_network),
)
"""What happens to an ONNX file, in this order."""


def run_passes(context: PassContext, passes: Iterable[Pass] = PASSES) -> None:
    """Rewrite the model of `context`; ModelError for a network that cannot be shown, PassError for a bug."""
    for each in passes:
        _check(each.before, context, f"the import pass '{each.name}' cannot start")
        try:
            each.run(context)
        except ModelError:
            raise
        except Exception as error:
            raise PassError(f"the import pass '{each.name}' failed: {error}") from error
        _check(each.after, context, f"the import pass '{each.name}' did not do its work")
        _check(is_ordered, context, f"the import pass '{each.name}' damaged the graph")


def _check(check: Check, context: PassContext, message: str) -> None:
    if not check(context):
        raise PassError(f"{message}: {check.__name__} does not hold")
