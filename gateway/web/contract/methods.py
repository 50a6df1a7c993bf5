"""The name of each operation in an SDK: a noun and a verb, as ``stores.verify``.

Generators make names such as ``verify_store``, each in its own way. What a person would write is
a noun of the API and a short verb; the contract says it for each operation as ``x-sdk-method``,
and our SDKs take it from there.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

EXTENSION: Final = "x-sdk-method"

NOUNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "deployment-actions": "deployments",
        "deployment-breaker": "deployments",
        "instance-actions": "instances",
        "instance-actions-bulk": "instances",
        "inventory-unowned": "inventory",
        "operation-streams": "operations",
        "store-actions": "stores",
        "transfers": "instances",
        "user-credentials": "users",
        "user-folder-privileges": "users",
        "webhook deliveries": "webhooks",
    }
)
"""Tags whose operations belong to another noun, for somebody who looks for them."""

VERBS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "getInstanceLiveStatistics": "getLive",
        "getInstanceStatistics": "get",
        "getReadiness": "ready",
        "instanceActions": "act",
        "listInventories": "list",
        "listUnownedInstances": "listUnowned",
        "redeliverDelivery": "redeliver",
        "getSmtpSettings": "get",
        "setSmtpSettings": "set",
        "testSmtpSettings": "test",
        "sendStatusReport": "send",
        "adoptInstance": "adopt",
        "releaseInstance": "release",
    }
)
"""Verbs of the operations whose names do not tell them."""

_WORD: Final = re.compile(r"[A-Z]?[a-z0-9]+")


def name_methods(operations: Sequence[dict[str, Any]]) -> None:
    """Write the name of its method into each operation.

    A verb that is there for one thing and for all of them is ``verify`` and ``verifyAll``.

    Args:
        operations: Operation Objects, all of the document.
    """
    taken = {_single(each) for each in operations}
    for operation in operations:
        noun = noun_of(operation)
        verb = _single(operation)[1] or _of_all(operation, noun, taken)
        operation[EXTENSION] = f"{noun}.{verb}"


def noun_of(operation: Mapping[str, Any]) -> str:
    """Return the noun of an operation, from its tag, in camelCase."""
    tag = operation["tags"][0]
    first, *rest = NOUNS.get(tag, tag).split("-")
    return str(first) + "".join(word.capitalize() for word in rest)


def _single(operation: Mapping[str, Any]) -> tuple[str, str]:
    """Return noun and verb; no verb where the operation's name has the noun in the plural."""
    name, noun = str(operation["operationId"]), noun_of(operation)
    if name in VERBS:
        return noun, VERBS[name]
    verb, *rest = _WORD.findall(name)
    if verb in {"list", "get", "set"} and "".join(rest).lower() == noun.lower():
        return noun, verb
    return noun, verb + "".join(_without(rest, _singular(noun))) if not _ends(rest, noun) else ""


def _of_all(operation: Mapping[str, Any], noun: str, taken: set[tuple[str, str]]) -> str:
    verb, *rest = _WORD.findall(operation["operationId"])
    short = verb + "".join(_without(rest, noun))
    return short + "All" if (noun, short) in taken else short


def _ends(words: Sequence[str], noun: str) -> bool:
    return "".join(words).lower().endswith(noun.lower()) and bool(words)


def _without(words: Sequence[str], noun: str) -> Iterator[str]:
    """Yield the words without those of the noun."""
    whole = "".join(words)
    start = whole.lower().find(noun.lower())
    yield whole if start < 0 else whole[:start] + whole[start + len(noun) :]


def _singular(noun: str) -> str:
    if noun.endswith("ies"):
        return noun.removesuffix("ies") + "y"
    return noun.removesuffix("es") if noun.endswith("xes") else noun.removesuffix("s")
