"""A document of the contract as text: the same bytes for the same document."""

import json
from typing import Any

import yaml


def as_json(document: dict[str, Any]) -> str:
    """Return a document as JSON with two spaces of indentation, and an end of line."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_yaml(document: dict[str, Any]) -> str:
    """Return a document as YAML without anchors, and with text of several lines as blocks."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 # PyYAML's signature
        """Repeat instead of pointing: generators read it more reliably."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
