"""The name of each operation in an SDK: a noun and a verb, as ``stores.verify``.

Generators make names such as ``verify_store``, each in its own way. What a person would write is
a noun of the API and a short verb; the contract says it for each operation as ``x-sdk-method``,
and our SDKs take it from there. A name once released stays.

The noun is the tag, or another noun of which the tag is a part. The verb is the operationId
without the noun: ``createStore`` is ``stores.create``, ``getStoreAutoCreation`` is
``stores.getAutoCreation``. What is done to one thing and to all of them is ``stores.verify`` and
``stores.verifyAll``.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from gateway.errors import DeclarationError

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
        "adoptInstance": "adopt",
        "getInstanceLiveStatistics": "getLive",
        "getInstanceStatistics": "get",
        "getReadiness": "ready",
        "getSmtpSettings": "get",
        "instanceActions": "act",
        "listInventories": "list",
        "listUnownedInstances": "listUnowned",
        "redeliverDelivery": "redeliver",
        "releaseInstance": "release",
        "sendStatusReport": "send",
        "setSmtpSettings": "set",
        "testSmtpSettings": "test",
    }
)
"""Verbs of the operations whose names have another noun than their tag."""


def name_methods(operations: Sequence[dict[str, Any]]) -> None:
    """Write the name of its method into each operation.

    Args:
        operations: Operation Objects, all of the document.

    Raises:
        DeclarationError: two operations have the same name; ``VERBS`` can tell them apart.
    """
    taken = Counter(_method(each) for each in operations)
    for operation in operations:
        method = _method(operation)
        is_of_all = taken[method] > 1 and _names_all(operation)
        operation[EXTENSION] = method + "All" if is_of_all else method
    named = Counter(each[EXTENSION] for each in operations)
    for name in (name for name, times in named.items() if times > 1):
        raise DeclarationError(f"{name} would be the method of {named[name]} operations.")


def _method(operation: Mapping[str, Any]) -> str:
    name, noun = operation["operationId"], _noun(operation)
    forms = (_capital(noun), _capital(_singular(noun)))
    of_noun = next((form for form in forms if form in name), "")
    return f"{noun}.{VERBS.get(name, name.replace(of_noun, '', 1))}"


def _noun(operation: Mapping[str, Any]) -> str:
    """Return the noun of an operation, from its tag, in camelCase."""
    tag = operation["tags"][0]
    first, *rest = NOUNS.get(tag, tag).split("-")
    return str(first + "".join(word.capitalize() for word in rest))


def _names_all(operation: Mapping[str, Any]) -> bool:
    return bool(operation["operationId"].endswith(_capital(_noun(operation))))


def _capital(noun: str) -> str:
    return noun[0].upper() + noun[1:]


def _singular(noun: str) -> str:
    return noun.removesuffix("es") if noun.endswith("xes") else noun.removesuffix("s")
