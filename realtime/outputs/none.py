"""No output: a show that nobody watches, for measuring and for recording alone."""

from realtime.outputs.output import Output


class NoOutput(Output):
    """Takes no canvas."""

    name = "none"
