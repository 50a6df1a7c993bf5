"""A document of the contract as text: the same bytes for the same document."""

import json
from typing import Any


def as_json(document: dict[str, Any]) -> str:
    """Return a document as JSON with two spaces of indentation, and an end of line."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_yaml(document: dict[str, Any]) -> str:
    """Return a document as YAML without anchors, and with text of several lines as blocks."""
    from gateway.web.contract.block_text import written  # noqa: PLC0415 # PyYAML: 0.9 MB for the file

    return written(document)
