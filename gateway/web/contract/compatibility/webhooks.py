"""What the gateway sends to webhooks: for their receivers it is as good as an answer."""

from collections.abc import Iterator

from gateway.web.contract.compatibility.change import Change, Kind
from gateway.web.contract.compatibility.place import Place
from gateway.web.contract.compatibility.responses import RESPONSE_RULES
from gateway.web.contract.compatibility.schemas import Pair, content_changes
from gateway.web.contract.tree import Json


def webhook_changes(pair: Pair, place: Place, old: Json, new: Json) -> Iterator[Change]:
    """Yield what breaks between what was sent, and what is sent now."""
    sent = {each["name"] for each in new.get("parameters", ())}
    for parameter in old.get("parameters", ()):
        if parameter["name"] not in sent:
            inner = place.at("parameters", parameter["name"])
            detail = f"{place.name} comes without {parameter['name']} now."
            yield Change(inner.pointer, Kind.HEADER_REMOVED, detail)
    was, becomes = old.get("requestBody", {}), new.get("requestBody", {})
    inner = place.at("requestBody")
    yield from content_changes(pair, RESPONSE_RULES, inner, was, becomes)
