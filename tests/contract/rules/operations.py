"""Rules for operations: how they are called, and what they say of themselves."""

import re
from collections.abc import Iterator
from typing import Final

from tests.answers import JSON
from tests.contract.rules.walk import JSON_BODY, Called, operations, resolved

VERBS: Final = frozenset(
    {
        *("accept", "acknowledge", "adopt", "attach", "cancel", "clear", "compact", "cordon"),
        *("correct", "create", "deactivate", "delete", "detach", "disable", "drain", "explain"),
        *("freeze", "get", "initialize", "lift", "maintain", "process", "refresh", "reload"),
        *("repin", "retry"),
        *("introspect", "invoke", "list", "merge", "move", "ping", "probe", "purge", "rebuild"),
        *("recover", "recreate", "redeliver", "release", "rename", "repair", "replay", "reset"),
        *("resolve", "restart", "resume", "revoke", "rotate", "run", "select", "send", "set"),
        *("start", "stop", "stream", "suspend", "sync", "test", "thaw", "transfer", "uncordon"),
        *("undelete", "unlock", "update", "upgrade", "verify"),
    }
)
NOUNS_ALONE: Final = frozenset({"instanceActions"})
"""Operations that were called by their noun before there was this rule."""

NAME: Final = re.compile(r"([a-z]+)(?:[A-Z][a-z0-9]+)+")
PATH: Final = re.compile(r"/(?:[a-z0-9.-]+|\{[a-zA-Z]+\})(?:/(?:[a-z0-9.-]+|\{[a-zA-Z]+\}))*|/")
SENTENCE: Final = re.compile(r"[A-Z].*[.?!]")
OAUTH: Final = frozenset({"createToken", "revokeToken", "introspectToken"})
"""Their problems are those of RFC 6749."""


def is_a_verb_and_a_noun(document: JSON) -> Iterator[str]:
    """An operationId is a verb that we use elsewhere, and a noun, in camelCase; and unique."""
    names = [each.name for each in operations(document)]
    for name in names:
        spelt = NAME.fullmatch(name)
        if name not in NOUNS_ALONE and (not spelt or spelt[1] not in VERBS):
            yield f"{name}: call it by a verb and a noun, such as getStore; verbs: rules."
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{name}: two operations are called so."


def says_what_it_does(document: JSON) -> Iterator[str]:
    """An operation has a summary of one sentence: the first line of the view's docstring."""
    for each in operations(document):
        if not SENTENCE.fullmatch(each.said.get("summary", "")):
            yield f"{each.name}: say in one sentence what it does, in the docstring of its view."


def says_what_its_parameters_are(document: JSON) -> Iterator[str]:
    """A parameter has a description."""
    for each in operations(document):
        for parameter in each.parameters(document):
            if not parameter.get("description"):
                yield f"{each.name}: describe the parameter {parameter['name']}."


def says_who_may(document: JSON) -> Iterator[str]:
    """An operation is public, or names the permission that it needs."""
    for each in operations(document):
        if ("x-permission" in each.said) is (each.said.get("security") is not None):
            yield f"{each.name}: it has either a permission or a security of its own."


def shows_what_it_answers(document: JSON) -> Iterator[str]:
    """A success that is JSON has an example."""
    for each in operations(document):
        for status, answer in each.answers(document):
            media = answer.get("content", {}).get(JSON_BODY)
            if status < "300" and media and not ({"example", "examples"} & set(media)):
                yield f"{each.name}: show what {status} answers."


def shows_what_it_takes(document: JSON) -> Iterator[str]:
    """A body has an example."""
    for each in operations(document):
        body = resolved(each.said.get("requestBody", {}), document)
        for media_type, media in body.get("content", {}).items():
            if not {"example", "examples"} & set(media):
                yield f"{each.name}: show a body of {media_type}."


def answers_problems(document: JSON) -> Iterator[str]:
    """Whatever goes wrong is answered as application/problem+json (RFC 9457)."""
    for each in operations(document):
        for status, answer in each.answers(document):
            wrong = set(answer.get("content", {})) != {"application/problem+json"}
            if status >= "400" and wrong and each.name not in OAUTH:
                yield f"{each.name}: answer {status} as application/problem+json."


def lists_by_pages(document: JSON) -> Iterator[str]:
    """A list takes limit and cursor, and answers items and nextCursor."""
    for each in _lists(document):
        taken = {parameter["name"] for parameter in each.parameters(document)}
        if not {"limit", "cursor"} <= taken:
            yield f"{each.name}: a list takes limit and cursor."
        if not {"items", "nextCursor"} <= set(_page(each, document)):
            yield f"{each.name}: a list answers items and nextCursor."


def _lists(document: JSON) -> Iterator[Called]:
    others = WHOLE | NUMBERED
    return (
        each
        for each in operations(document)
        if each.name not in others and each.name.startswith("list")
    )


WHOLE: Final = frozenset(
    {
        "listAdministrators",
        "listClientAccessServers",
        "listDirectories",
        "listInstanceHosts",
        "listSigningKeys",
    }
)
"""Lists of a handful, which a deployment gives in one piece; and one whose form is RFC 7517's."""

NUMBERED: Final = frozenset({"listEvents", "listUsageEvents"})
"""Logs: their numbers are the cursors, and have no end."""


def _page(operation: Called, document: JSON) -> JSON:
    content = operation.said["responses"]["200"].get("content", {})
    schema = resolved(content.get(JSON_BODY, {}).get("schema", {}), document)
    return dict(schema.get("properties", {}))


def is_called_in_kebab_case(document: JSON) -> Iterator[str]:
    """A path is written in kebab-case, without a slash at its end."""
    for path in document["paths"]:
        if not PATH.fullmatch(path):
            yield f"{path}: write it in small letters with hyphens, without a slash at its end."


def has_a_tag_that_is_described(document: JSON) -> Iterator[str]:
    """Each operation has one tag, and each tag is described once and used."""
    named = [tag["name"] for tag in document["tags"]]
    items = [*document["paths"].values(), *document.get("webhooks", {}).values()]
    said = [each for item in items for each in item.values() if "operationId" in each]
    used = {tag for each in said for tag in each.get("tags", ())}
    yield from (
        f"{each['operationId']}: give it one tag." for each in said if len(each["tags"]) != 1
    )
    yield from (f"{tag}: the tag is not described." for tag in sorted(used - set(named)))
    yield from (f"{tag}: no operation has the tag." for tag in sorted(set(named) - used))
    yield from (
        f"{tag['name']}: describe the tag." for tag in document["tags"] if not tag["description"]
    )
    yield from (f"{tag}: two tags are called so." for tag in named if named.count(tag) > 1)


NO_PLACE: Final = frozenset({"createDirectory", "correctStatement"})
"""What they make cannot be asked for alone."""


def says_where_it_is(document: JSON) -> Iterator[str]:
    """What was made, or goes on, is found at Location (RFC 9110, section 15.3.2)."""
    for each in operations(document):
        made = {"202"} if each.name in NO_PLACE else {"201", "202"}
        for status, answer in each.answers(document):
            if status in made and "Location" not in answer.get("headers", {}):
                yield f"{each.name}: {status} says in Location where it is."


def takes_a_key_for_what_is_done_once(document: JSON) -> Iterator[str]:
    """Whoever takes an Idempotency-Key says how long it counts, and the other way round."""
    for each in operations(document):
        taken = {parameter["name"] for parameter in each.parameters(document)}
        if ("Idempotency-Key" in taken) is not ("x-idempotency" in each.said):
            yield f"{each.name}: Idempotency-Key and x-idempotency belong together."
        if (
            "201" in each.said["responses"]
            and each.method == "post"
            and "x-idempotency" not in each.said
        ):
            yield f"{each.name}: what makes something takes an Idempotency-Key."
