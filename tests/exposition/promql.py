"""The names that an expression of Prometheus asks for; enough of the language for our own files."""

import re
from collections.abc import Mapping

METRIC = re.compile(r"\b(spe_gateway_\w+|up)\b(?:\{([^}]*)\})?")
SELECTOR = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
GROUPED = re.compile(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)")
SUFFIXES = re.compile(r"_(?:bucket|sum|count)$")
TARGET = frozenset({"instance", "job", "role", "le"})
"""Labels that Prometheus adds itself."""


def wanted(expression: str) -> Mapping[str, set[str]]:
    """Return the metrics of an expression, each with the labels that are asked of it."""
    return {
        SUFFIXES.sub("", found[1]): set(SELECTOR.findall(found[2] or "")) - TARGET
        for found in METRIC.finditer(expression)
    }


def grouped(expression: str) -> set[str]:
    """Return the labels that an expression groups by."""
    words = ",".join(GROUPED.findall(expression)).split(",")
    return {word.strip() for word in words if word.strip()} - TARGET
