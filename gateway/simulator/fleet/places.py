"""YAML in which every value knows its line, so that an error can name the place."""

from collections.abc import Iterable, Iterator
from typing import Any

import yaml

Place = tuple[str | int, ...]

DEEPEST = 20
KEY_TAGS = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge")


def read(text: str) -> tuple[Any, dict[Place, int]]:
    """Return the document of a YAML or JSON text, and the line of each value in it.

    Raises:
        ValueError: a key is no text or stands twice, or the document contains itself.
        yaml.YAMLError: it is no YAML.
    """
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None, {(): 1}
        _check(node)
        return loader.construct_document(node), dict(_lines(node, ()))
    finally:
        loader.dispose()


def written(place: Place) -> str:
    """Return a place as a path: `groups[0].latency.read`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return "".join(parts).removeprefix(".") or "the file"


def nearest(place: Place, lines: dict[Place, int]) -> Place:
    """Return the longest beginning of a place that the document has."""
    return next(place[:end] for end in range(len(place), -1, -1) if place[:end] in lines)


def _lines(node: yaml.Node, place: Place) -> Iterator[tuple[Place, int]]:
    yield place, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _lines(value, (*place, key.value))
            yield (*place, key.value), key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _lines(value, (*place, number))


def _check(node: yaml.Node, depth: int = 0) -> None:
    if depth > DEEPEST:
        raise ValueError(f"line {node.start_mark.line + 1}: this lies too deep")
    if isinstance(node, yaml.MappingNode):
        _check_keys(key for key, _ in node.value)
        for _, value in node.value:
            _check(value, depth + 1)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _check(value, depth + 1)


def _check_keys(keys: Iterable[yaml.Node]) -> None:
    seen = set()
    for key in keys:
        line = key.start_mark.line + 1
        if key.tag not in KEY_TAGS:
            raise ValueError(f"line {line}: a key must be text")
        if key.value in seen:
            raise ValueError(f"line {line}: {key.value} stands here again")
        seen.add(key.value)
