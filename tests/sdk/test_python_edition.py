"""What the generator for Python is given lets the gateway grow."""

from typing import Any

from openapi.sdk.contract import document, operations, resolved
from openapi.sdk.python.edition import answers, edition


def test_answers_may_have_more_fields_and_other_words_than_today() -> None:
    made = edition()["components"]["schemas"]
    sent, answered = _reachable("requestBody"), _reachable("responses")

    only_answered = {name: made[name] for name in answered - sent}
    assert len(only_answered) > 100
    assert [name for name in only_answered if made[name].get("additionalProperties") is False] == []
    assert [name for name in answered if _has_closed_words(made[name])] == []


def test_what_is_sent_stays_as_strict_as_the_gateway_is() -> None:
    made = edition()["components"]["schemas"]

    assert made["StoreCreate"]["additionalProperties"] is False
    assert document()["components"]["schemas"]["Operation"]["additionalProperties"] is False


def test_each_operation_says_what_it_answers_if_all_goes_well() -> None:
    silent = [each.spec["operationId"] for each in operations() if not answers(each)]

    assert silent == ["cancelOperation"]


def _reachable(part: str) -> set[str]:
    """Return the names of the schemas in one part of the operations."""
    seen: set[str] = set()
    for each in operations():
        _follow(each.spec.get(part, {}), seen)
    prefix = "#/components/schemas/"
    return {each.removeprefix(prefix) for each in seen if each.startswith(prefix)}


def _follow(node: object, seen: set[str]) -> None:
    if isinstance(node, list):
        for each in node:
            _follow(each, seen)
    elif isinstance(node, dict):
        target = str(node.get("$ref", ""))
        if target and target not in seen:
            seen.add(target)
            _follow(resolved(node), seen)
        for each in node.values():
            _follow(each, seen)


def _has_closed_words(node: Any) -> bool:  # noqa: ANN401 - JSON
    if isinstance(node, list):
        return any(map(_has_closed_words, node))
    return isinstance(node, dict) and ("enum" in node or any(map(_has_closed_words, node.values())))
