"""structlog, without the console that it could draw: our logs are lines of JSON.

Wherever rich is installed, structlog imports it, and Pygments with it, for traces in colour that
nobody here prints; that takes 4 MB of every process. A name that is None in ``sys.modules`` is not
found (The Python Language Reference, 5.3.1, "The module cache"). Afterwards it is: the command
line draws with it.
"""

import sys
from importlib import import_module

_CONSOLE = "rich"


def load_structlog() -> None:
    """Import structlog; does nothing where somebody has, or has rich."""
    if {"structlog", _CONSOLE} & sys.modules.keys():
        return
    sys.modules[_CONSOLE] = None  # type: ignore[assignment] # as the reference has it
    try:
        import_module("structlog")
    finally:
        del sys.modules[_CONSOLE]


load_structlog()
