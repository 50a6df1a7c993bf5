"""What the webhooks are told: each type of event with its data and an example.

OpenAPI has one webhook for all of them, since a receiver has one address; a webhook for each type
would make a method for each in what generators make.
"""

from types import MappingProxyType
from typing import Any, Final

from gateway.events.catalogue import MEANINGS, Meaning
from gateway.events.types import SENT
from gateway.model import EventType
from gateway.web.contract.tree import Json
from gateway.web.contract.words import WORDS

EXTENSION: Final = "x-event-types"
_DATA: Final = MappingProxyType(
    {
        "amount": -5,
        "before": 24,
        "count": 1,
        "lastGrowthTime": "2026-11-14T08:30:00Z",
        "lastTime": "2026-11-21T08:30:00Z",
        "licences": 25,
        "limit": 50,
        "lines": 12,
        "measure": "licences",
        "messages": 182344,
        "notAfter": "2026-12-21T08:30:00Z",
        "pin": WORDS["sha1"],
        "nextPin": None,
        "profileId": 7,
        "profileName": "Mail of Jane",
        "reason": "gone",
        "resource": "users",
        "result": "failed",
        "stores": [1],
        "threshold": 90,
        "transfer": "trf_01995e5a7c4d7b3e8f2a9c1d0e6b4f37",
        "used": 45,
    }
)


def describe_events(document: Json) -> None:
    """Write each type of event with its data and an example into the webhook.

    Args:
        document: the contract with its webhook ``event``.
    """
    operation = document["webhooks"]["event"]["post"]
    told = {kind: MEANINGS[kind] for kind in SENT}
    operation[EXTENSION] = {
        kind.value: {"description": said.when, "data": list(said.data)}
        for kind, said in told.items()
    }
    media = operation["requestBody"]["content"]["application/cloudevents+json"]
    media["examples"] = {
        kind.value: {"summary": said.when, "value": _event(kind, said)}
        for kind, said in told.items()
    }


_STATES: Final = MappingProxyType(
    {"started": "running", "resolved": "succeeded", "suspended": "suspended", "deleted": "deleted"}
    | {each: each for each in ("succeeded", "failed", "cancelled", "unknown", "purged")}
)
"""What something is after an event with this word; ``active`` after others."""


def _data(kind: EventType, said: Meaning) -> dict[str, Any]:
    """Return the data of a type; only what failed has a problem."""
    word = kind.value.rpartition(".")[2]
    values = {**WORDS, **_DATA, "status": _STATES.get(word, "active")}
    hidden = {"problem"} if "kind" in said.data and word != "failed" else set()
    return {name: values[name] for name in said.data if name not in hidden}


def _event(kind: EventType, said: Meaning) -> dict[str, Any]:
    """Return a CloudEvent of a type, with all the data that it may have."""
    noun = kind.value.partition(".")[0]
    about = {noun: WORDS[noun]} if noun in {"deployment", "instance"} else {}
    return {
        "specversion": "1.0",
        "id": WORDS["event"],
        "source": WORDS["iss"],
        "type": kind.value,
        "subject": WORDS.get(noun, WORDS["instance"]),
        "time": "2026-11-21T08:30:00Z",
        "datacontenttype": "application/json",
        "number": 0 if kind is EventType.WEBHOOK_TEST else 4712,
        "reseller": WORDS["reseller"],
        **about,
        "data": _data(kind, said),
    }
