"""The passes run in their order; one that fails or breaks its check is named."""

from __future__ import annotations

import onnx
import pytest

from models.errors import ModelError
from models.importing.passes.context import PassContext
from models.importing.passes.pipeline import PASSES, Pass, PassError, run_passes
from tests.models.importing.nets import NETS, squeeze


def test_every_pass_has_the_name_of_its_file() -> None:
    for each in PASSES:
        assert each.name in (each.run.__module__.rpartition(".")[2], "fold_constants")


@pytest.mark.parametrize("name", NETS)
def test_passes_turn_every_network_into_a_stored_one(name: str) -> None:
    context = PassContext(NETS[name]())
    run_passes(context)
    assert PASSES[-1].after(context)
    onnx.checker.check_model(context.model, full_check=True)


def breaks(context: PassContext) -> None:
    context.graph.node[-1].input[0] = "nothing"


def fails(context: PassContext) -> None:
    raise KeyError("weights")


def refuses(context: PassContext) -> None:
    raise ModelError("it is no network")


def never(context: PassContext) -> bool:
    return False


def keeps(context: PassContext) -> None:
    pass


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (Pass(breaks), r"the import pass 'breaks' did not do its work: is_ordered does not hold"),
        (Pass(fails), r"the import pass 'fails' failed: 'weights'"),
        (Pass(keeps, before=never), r"the import pass 'keeps' cannot start: never does not hold"),
        (Pass(keeps, after=never), r"the import pass 'keeps' did not do its work: never does not hold"),
    ],
)
def test_pass_that_fails_is_named(broken: Pass, message: str) -> None:
    with pytest.raises(PassError, match=message):
        run_passes(PassContext(squeeze()), [broken])


def test_error_of_the_user_passes_through() -> None:
    with pytest.raises(ModelError, match=r"^it is no network$"):
        run_passes(PassContext(squeeze()), [Pass(refuses)])
