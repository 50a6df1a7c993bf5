"""Libraries, without others that they would load where those are installed, for nothing of ours.

structlog would have rich draw traces in colour, and Pygments with it; our logs are lines of JSON.
It would also look after greenlets, as would Celery; we have threads. requests would have
charset-normalizer guess how a text is encoded that does not say; we read JSON, which is UTF-8
(RFC 8259). flask-smorest and Celery would write YAML, if asked to. ADRs 0053 and 0061 say what
that takes.

A name that is None in ``sys.modules`` is not found (The Python Language Reference, 5.3.1, "The
module cache"). Afterwards it is: the command line draws with rich.
"""

import sys
import warnings
from importlib import import_module
from typing import Final

GUESSES_NOT: Final = "Unable to find acceptable character detection dependency"
"""What requests says where it has nothing to guess encodings with."""


def load(name: str, *without: str) -> None:
    """Import a module while others are not to be found.

    Does nothing where it is imported already; whichever of the others is, stays.
    """
    if name in sys.modules:
        return
    hidden = set(without) - sys.modules.keys()
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type] # as the reference has it
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", GUESSES_NOT)
            import_module(name)
    finally:
        for each in hidden:
            del sys.modules[each]


load("structlog", "rich", "greenlet")
