"""Errors as this program prints them: those of Cyclopts, and those in the log."""

import logging

import cyclopts

from models.errors import is_out_of_memory, one_line

NUMBERS = {int: "a whole number", float: "a number"}


def explain(error: cyclopts.CycloptsError) -> str:
    """What is wrong with the arguments, in one line."""
    argument = error.argument
    match error:
        case cyclopts.UnusedCliTokensError():
            return f"unexpected argument: {' '.join(error.unused_tokens or [])}"
        case cyclopts.MissingArgumentError() if argument:
            if argument.field_info.is_positional:
                return f"missing {argument.name.lstrip('-').upper()}"
            return f"{argument.name} {'is missing' if error.keyword is None else 'needs a value'}"
        case cyclopts.ValidationError() if argument and argument.tokens:
            return f"{argument.name} takes {error.exception_message}, but got {argument.tokens[0].value}"
        case cyclopts.CoercionError() if argument and error.token and error.target_type in NUMBERS:
            return f"{argument.name} takes {NUMBERS[error.target_type]}, but got '{error.token.value}'"
    message = str(error).replace('"', "'").replace(". Choose from:", "; expected one of:").replace(". Did", "; did")
    return message[:1].lower() + message[1:].rstrip(".")


def without_traceback(record: logging.LogRecord) -> bool:
    """A filter that says in one line that there was no memory: a traceback is for a bug."""
    error = record.exc_info[1] if record.exc_info else None
    if error is not None and is_out_of_memory(error):
        message, reason = record.getMessage(), one_line(error)
        record.msg, record.args = message if message.endswith(reason) else f"{message}: {reason}", ()
        record.exc_info = None
    return True
