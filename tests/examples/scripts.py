"""Loads an example as a module, so that a test can call its functions."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

Example: TypeAlias = Any
"""Whatever an example defines: it has types of its own, which nobody can import."""


def loaded(path: Path) -> ModuleType:
    """Return the module of a script, which is on no path of Python."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
