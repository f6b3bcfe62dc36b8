"""Errors of Cyclopts in the style of this program."""

from __future__ import annotations

import cyclopts


def explain(error: cyclopts.CycloptsError) -> str:
    """What is wrong with the arguments, in one line."""
    if isinstance(error, cyclopts.UnusedCliTokensError):
        return f"unexpected argument: {' '.join(error.unused_tokens or [])}"
    if isinstance(error, cyclopts.ValidationError) and error.argument and error.argument.tokens:
        return f"{error.argument.name} takes {error.exception_message}, but got {error.argument.tokens[0].value}"
    message = str(error).replace('"', "'")
    return message[:1].lower() + message[1:].rstrip(".")
