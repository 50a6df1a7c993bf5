"""The contract keeps every rule, and every rule finds what breaks it."""

import json
from collections.abc import Callable

import pytest

from tests.answers import JSON
from tests.contract.rules import operations, schemas
from tests.contract.rules.walk import Rule
from tests.world import World

RULES: tuple[Rule, ...] = (
    operations.is_a_verb_and_a_noun,
    operations.says_what_it_does,
    operations.says_what_its_parameters_are,
    operations.says_who_may,
    operations.shows_what_it_answers,
    operations.shows_what_it_takes,
    operations.answers_problems,
    operations.lists_by_pages,
    operations.is_called_in_kebab_case,
    operations.has_a_tag_that_is_described,
    operations.says_where_it_is,
    operations.takes_a_key_for_what_is_done_once,
    schemas.has_a_name,
    schemas.is_described,
    schemas.is_in_camel_case,
    schemas.is_a_moment,
    schemas.may_grow,
    schemas.has_a_spelling,
    schemas.has_an_end,
    schemas.is_closed,
)
STORES = "/instances/{instance}/stores"
STORE = "/instances/{instance}/stores/{store}"
ITEM: JSON = {"type": "object", "properties": {"x": {"description": "X.", "type": "string"}}}

Spoil = Callable[[JSON], object]


def listing(document: JSON) -> JSON:
    found: JSON = document["paths"][STORES]["get"]
    return found


def creation(document: JSON) -> JSON:
    found: JSON = document["paths"][STORES]["post"]
    return found


def store(document: JSON, name: str = "Store") -> JSON:
    found: JSON = document["components"]["schemas"][name]["properties"]
    return found


def success(operation: JSON, status: str = "200") -> JSON:
    found: JSON = operation["responses"][status]["content"]["application/json"]
    return found


PLANTED: list[tuple[Rule, Spoil, str]] = [
    (
        operations.is_a_verb_and_a_noun,
        lambda d: listing(d).update(operationId="storeList"),
        "storeList: call it by a verb and a noun",
    ),
    (
        operations.is_a_verb_and_a_noun,
        lambda d: listing(d).update(operationId="createStore"),
        "createStore: two operations",
    ),
    (
        operations.says_what_it_does,
        lambda d: listing(d).update(summary="all stores"),
        "listStores: say in one sentence",
    ),
    (
        operations.says_what_its_parameters_are,
        lambda d: listing(d)["parameters"][0].pop("description"),
        "listStores: describe the parameter limit",
    ),
    (
        operations.says_who_may,
        lambda d: listing(d).pop("x-permission"),
        "listStores: it has either a permission",
    ),
    (
        operations.shows_what_it_answers,
        lambda d: success(listing(d)).pop("example"),
        "listStores: show what 200 answers",
    ),
    (
        operations.shows_what_it_takes,
        lambda d: creation(d)["requestBody"]["content"]["application/json"].pop("example"),
        "createStore: show a body of application/json",
    ),
    (
        operations.answers_problems,
        lambda d: listing(d)["responses"].update({"409": {"content": {"text/html": {}}}}),
        "listStores: answer 409 as application/problem+json",
    ),
    (
        operations.lists_by_pages,
        lambda d: listing(d).update(parameters=[]),
        "listStores: a list takes limit and cursor",
    ),
    (
        operations.lists_by_pages,
        lambda d: d["components"]["schemas"]["StorePage"]["properties"].pop("nextCursor"),
        "listStores: a list answers items and nextCursor",
    ),
    (
        operations.is_called_in_kebab_case,
        lambda d: d["paths"].update({"/stores/": {}}),
        "/stores/: write it in small letters",
    ),
    (
        operations.is_called_in_kebab_case,
        lambda d: d["paths"].update({"/jobResults": {}}),
        "/jobResults: write it in small letters",
    ),
    (
        operations.has_a_tag_that_is_described,
        lambda d: listing(d).update(tags=["shelves"]),
        "shelves: the tag is not described",
    ),
    (
        operations.has_a_tag_that_is_described,
        lambda d: listing(d).update(tags=["stores", "users"]),
        "listStores: give it one tag",
    ),
    (
        operations.has_a_tag_that_is_described,
        lambda d: d["tags"].append({"name": "shelves", "description": "Shelves."}),
        "shelves: no operation has the tag",
    ),
    (
        operations.has_a_tag_that_is_described,
        lambda d: d["tags"].append({"name": "stores", "description": ""}),
        "stores: describe the tag",
    ),
    (
        operations.says_where_it_is,
        lambda d: creation(d)["responses"]["201"]["headers"].pop("Location"),
        "createStore: 201 says in Location",
    ),
    (
        operations.takes_a_key_for_what_is_done_once,
        lambda d: creation(d).pop("x-idempotency"),
        "createStore: Idempotency-Key and x-idempotency belong together",
    ),
    (
        operations.takes_a_key_for_what_is_done_once,
        lambda d: (creation(d).pop("x-idempotency"), creation(d).update(parameters=[])),
        "createStore: what makes something takes an Idempotency-Key",
    ),
    (
        schemas.has_a_name,
        lambda d: success(listing(d)).update(schema=ITEM),
        "listStores: make a named schema of its body",
    ),
    (
        schemas.has_a_name,
        lambda d: store(d).update(inner=ITEM),
        "Store.inner: make a named schema of what it holds",
    ),
    (
        schemas.is_described,
        lambda d: store(d)["name"].pop("description"),
        "Store.name: describe it",
    ),
    (
        schemas.is_described,
        lambda d: d["components"]["schemas"]["Store"].pop("description"),
        "Store: describe it in its docstring",
    ),
    (
        schemas.is_in_camel_case,
        lambda d: store(d).update(size_mb={"type": "integer"}),
        "Store.size_mb: write it in camelCase",
    ),
    (
        schemas.is_a_moment,
        lambda d: store(d).update(openTime={"type": "string"}),
        "Store.openTime: a time is a date-time",
    ),
    (
        schemas.may_grow,
        lambda d: store(d)["requestedState"].update(enum=["normal"]),
        "Store: answer words of x-extensible-enum",
    ),
    (
        schemas.has_a_spelling,
        lambda d: d["paths"][STORES]["parameters"][0].update(schema={"type": "string"}),
        "listStores: say how instance is spelt",
    ),
    (
        schemas.has_a_spelling,
        lambda d: d["paths"][STORES]["parameters"][0].pop("example"),
        "listStores: show an example of instance",
    ),
    (
        schemas.has_an_end,
        lambda d: store(d, "StoreCreate").update(note={"type": "string"}),
        "StoreCreate.note: say how long it may be",
    ),
    (
        schemas.has_an_end,
        lambda d: store(d, "StoreCreate").update(notes={"type": "array"}),
        "StoreCreate.notes: say how many there may be",
    ),
    (
        schemas.is_closed,
        lambda d: d["components"]["schemas"]["Store"].pop("additionalProperties"),
        "Store: close it",
    ),
]


@pytest.fixture(scope="module")
def contract(shared_world: World) -> str:
    """Return the contract, as JSON that may be read again and again."""
    return shared_world.operator.get("/openapi.json").get_data(as_text=True)


@pytest.mark.parametrize("rule", RULES, ids=[rule.__name__ for rule in RULES])
def test_the_contract_keeps_the_rule(contract: str, rule: Rule) -> None:
    assert list(rule(json.loads(contract))) == [], rule.__doc__


@pytest.mark.parametrize(
    ("rule", "spoil", "said"),
    PLANTED,
    ids=[f"{row[0].__name__}-{number}" for number, row in enumerate(PLANTED)],
)
def test_what_breaks_a_rule_is_named(contract: str, rule: Rule, spoil: Spoil, said: str) -> None:
    document = json.loads(contract)
    spoil(document)

    assert [each for each in rule(document) if each.startswith(said)] != []


def test_every_rule_is_kept_and_planted() -> None:
    declared = {
        each
        for module in (operations, schemas)
        for name, each in vars(module).items()
        if callable(each) and getattr(each, "__module__", "") == module.__name__ and name[0] != "_"
    }

    assert declared == set(RULES) == {rule for rule, _, _ in PLANTED}
