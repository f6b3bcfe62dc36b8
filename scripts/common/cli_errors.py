"""Errors of Cyclopts in the style of this program."""

import cyclopts

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
