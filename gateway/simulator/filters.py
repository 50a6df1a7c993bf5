"""The grammar of `instanceFilter`.

`*` is every instance, `name` one of them, `*host` all on a host; these are added up. Words with
a dot (`.running`, `.stopped`, `.safeMode`) restrict what the others hit. One filter can reach
every customer, exactly as on a real server.
"""

from collections.abc import Iterable

from .failures import out_of_range
from .state import Instance

STATES = {".running": "running", ".stopped": "stopped", ".safeMode": "safeMode"}


def select(text: str, instances: Iterable[Instance]) -> list[Instance]:
    """Return the instances that a filter hits, in the order they are listed.

    Raises:
        Failure: a dot word is not one of the three documented.
    """
    words = text.split()
    dots = [word for word in words if word.startswith(".")]
    if not set(dots) <= STATES.keys():
        raise out_of_range()
    names = set(words) - set(dots)
    required = {STATES[dot] for dot in dots}
    return [
        instance
        for instance in instances
        if names & {"*", instance.instance_id, f"*{instance.instance_host}"}
        and required <= {instance.status}
    ]
