"""The files of the contract in the repository, and what to do when the code says otherwise."""

import json
from pathlib import Path
from typing import Final

from gateway.web.contract.compatibility import advice, breaking_changes
from tests.answers import JSON

OPENAPI: Final = Path(__file__).parents[2] / "openapi"
RELEASED: Final = OPENAPI / "released.json"
ADDED: Final = "This breaks no client: run make openapi, and commit the files with the change."


def golden(name: str) -> str:
    """Return the text of a file of the contract."""
    return (OPENAPI / name).read_text(encoding="utf-8")


def released() -> JSON:
    """Return the contract of the last release."""
    found: JSON = json.loads(RELEASED.read_text(encoding="utf-8"))
    return found


def what_to_do(committed: str, made: str) -> str:
    """Return what to do when the code makes another contract than the one in the repository.

    Args:
        committed: what is in the repository, as JSON.
        made: what the code makes, likewise.
    """
    return advice(breaking_changes(json.loads(committed), json.loads(made))) or ADDED
