"""Authorization details (RFC 9396): which instances a token reaches.

``[{"type": "spe-gateway", "instances": ["ins_…"]}]``: one object, which narrows. What may be
done to the instances is said by ``scope``, here as everywhere.
"""

import re
from typing import Any, Final

from gateway.errors import MalformedRequest
from gateway.model import Prefix
from gateway.web.body import parse_json
from gateway.web.oauth.errors import InvalidDetails
from gateway.web.oauth.ports import OAuthClient, ports
from gateway.web.oauth.tokens import MAX_INSTANCES

TYPE: Final = "spe-gateway"

_MEMBERS: Final = frozenset({"type", "instances"})
_INSTANCE: Final = re.compile(f"{Prefix.INSTANCE}_[0-9a-f]{{32}}", re.ASCII)
_FORM: Final = f"This must be a list of one object with type {TYPE} and instances."


def granted(
    asked: str | None, client: OAuthClient, within: frozenset[str] | None
) -> frozenset[str] | None:
    """Return the instances that a token reaches; None for all that its client reaches.

    Args:
        asked: the parameter ``authorization_details``, if there is one.
        client: who wants the token.
        within: what it must not exceed, None for all that its client reaches.

    Raises:
        InvalidDetails: it is malformed, or names an instance that is out of reach; whether
            that one is another's or nobody's is not told.
    """
    if asked is None:
        return within
    wanted = _instances_of(asked)
    covered = within is None or wanted <= within
    if not covered or not ports().clients.reaches(client, sorted(wanted)):
        raise InvalidDetails("An instance is not there.")
    return wanted


def details_of(instances: frozenset[str]) -> list[dict[str, Any]]:
    """Return the authorization details that say which instances a token reaches."""
    return [{"type": TYPE, "instances": sorted(instances)}]


def _instances_of(asked: str) -> frozenset[str]:
    try:
        details = parse_json(asked.encode("utf-8", "surrogatepass"))
    except (MalformedRequest, ValueError, RecursionError):
        raise InvalidDetails(_FORM) from None
    if not isinstance(details, list) or len(details) != 1 or not isinstance(details[0], dict):
        raise InvalidDetails(_FORM)
    detail = details[0]
    if detail.keys() != _MEMBERS or detail["type"] != TYPE:
        raise InvalidDetails(_FORM)
    named = detail["instances"]
    if not isinstance(named, list) or not 0 < len(named) <= MAX_INSTANCES:
        raise InvalidDetails(f"instances must be a list of 1 to {MAX_INSTANCES} ids.")
    if not all(isinstance(each, str) and _INSTANCE.fullmatch(each) for each in named):
        raise InvalidDetails("instances must be ids of instances.")
    return frozenset(named)
