"""The views, one file each. A new one is a new file whose `VIEW` is its class, and nothing else."""

import pkgutil
from importlib import import_module

from realtime.views.view import View

ALL: tuple[type[View], ...] = tuple(
    import_module(f"{__name__}.{each.name}").VIEW for each in pkgutil.iter_modules(__path__)
)
