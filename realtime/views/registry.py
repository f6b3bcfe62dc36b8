"""Finds the views: every module of this package that has a `VIEW`, in the order of the modules' names."""

import pkgutil
from importlib import import_module

from realtime import views
from realtime.views.view import View


def find_views() -> tuple[View, ...]:
    """A new instance of each view; a new view is a new file, and nothing else."""
    modules = [import_module(f"{views.__name__}.{each.name}") for each in pkgutil.iter_modules(views.__path__)]
    return tuple(module.VIEW() for module in modules if hasattr(module, "VIEW"))
