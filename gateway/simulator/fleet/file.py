"""The file of a fleet: read, checked, and if need be refused with the place and the reason."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from .document import Fleet
from .places import Place, nearest, read, written

TOLD = 5


def is_fleet(path: Path) -> bool:
    """Return whether a scenario file describes a fleet: it then has `groups`.

    Raises:
        OSError: the file cannot be read.
        yaml.YAMLError: it is no YAML.
    """
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return isinstance(document, dict) and "groups" in document


def load(path: Path) -> Fleet:
    """Return the fleet that a YAML or JSON file describes.

    Raises:
        OSError: the file cannot be read.
        ValueError: it breaks a rule; says the line, the path and what is allowed.
        yaml.YAMLError: it is no YAML.
    """
    document, lines = read(path.read_text(encoding="utf-8"))
    try:
        return Fleet.model_validate(document)
    except ValidationError as broken:
        told = list(dict.fromkeys(_sentence(fault, lines) for fault in broken.errors()))
        more = [f"and {len(told) - TOLD} more"] if len(told) > TOLD else []
        raise ValueError("; ".join([*told[:TOLD], *more])) from None


def _sentence(fault: Any, lines: dict[Place, int]) -> str:  # noqa: ANN401 - pydantic's own mapping
    """Say one fault; what pydantic adds to a place, such as the branch of a union, is left out."""
    place = nearest(tuple(fault["loc"]), lines)
    line = lines[place]
    if fault["type"] == "unknown":
        place = (*place, fault["ctx"]["key"])
        line = lines[place]
    elif fault["type"] == "missing":
        place = (*place, fault["loc"][-1])
    return f"line {line}: {written(place)}: {fault['msg'].replace('Input should', 'must')}"
