"""Every operation has the name of a method: a noun and a verb, one operation each."""

import json
import re

import pytest

from gateway.errors import DeclarationError
from gateway.web.contract.methods import NOUNS, VERBS, name_methods
from tests.contract.golden import golden
from tests.contract.rules.walk import Called, operations


def named(*pairs: tuple[str, str]) -> list[str]:
    """Return the methods of operations, each by its operationId and its tag."""
    made = [{"operationId": name, "tags": [tag]} for name, tag in pairs]
    name_methods(made)
    return [str(each["x-sdk-method"]) for each in made]


@pytest.fixture(scope="module")
def called() -> list[Called]:
    return list(operations(json.loads(golden("openapi.json"))))


def test_every_method_is_a_noun_and_a_verb_and_unique(called: list[Called]) -> None:
    methods = [each.said["x-sdk-method"] for each in called]

    assert [
        name for name in methods if not re.fullmatch(r"[a-z][a-zA-Z]+\.[a-z][a-zA-Z]+", name)
    ] == []
    assert len(set(methods)) == len(methods) > 200


@pytest.mark.parametrize(
    ("name", "tag", "method"),
    [
        ("listStores", "stores", "stores.list"),
        ("createStore", "stores", "stores.create"),
        ("getStoreAutoCreation", "stores", "stores.getAutoCreation"),
        ("rebuildIndexes", "indexes", "indexes.rebuild"),
        ("getIndexConfiguration", "indexes", "indexes.getConfiguration"),
        ("getMe", "me", "me.get"),
        ("listClientAccessServers", "client-access-servers", "clientAccessServers.list"),
        ("verifyStore", "store-actions", "stores.verify"),
        ("maintainStores", "store-actions", "stores.maintain"),
        ("listDirectories", "instance-hosts", "instanceHosts.listDirectories"),
        ("redeliverDelivery", "webhook deliveries", "webhooks.redeliver"),
    ],
)
def test_the_noun_is_left_out_of_the_verb(name: str, tag: str, method: str) -> None:
    assert named((name, tag)) == [method]


def test_what_is_done_to_one_and_to_all_has_two_names() -> None:
    pairs = ("verifyStore", "stores"), ("verifyStores", "stores")

    assert named(*pairs) == ["stores.verify", "stores.verifyAll"]


def test_two_operations_with_one_name_are_refused() -> None:
    with pytest.raises(DeclarationError, match=r"stores\.get would be the method of 2 operations"):
        named(("getStore", "stores"), ("getStore", "store-actions"))


def test_no_exception_is_left_over(called: list[Called]) -> None:
    """An exception for an operation that there is not would hide the next one of its name."""
    assert set(VERBS) <= {each.name for each in called}
    assert set(NOUNS) <= {tag for each in called for tag in each.said["tags"]}
