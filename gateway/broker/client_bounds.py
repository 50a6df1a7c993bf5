"""What a client may be: nobody makes one that outdoes its maker, or that signs in in two ways."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from gateway.access.bounds import Lineage
from gateway.access.networks import lie_within, network_of
from gateway.broker.client_keys import require_usable
from gateway.errors import Conflict, InputFault, InvalidInput
from gateway.model import Client
from gateway.storage.database import Database
from gateway.tenancy import audit
from gateway.tenancy.caller import Caller

DISABLED_ABOVE = "A reseller above yours disabled this client; only from there it is enabled again."


def require_sound(client: Client, issuers: Collection[str]) -> None:
    """Check what somebody says of a client, whoever says it.

    Args:
        client: as it is to be.
        issuers: the outside issuers that the settings trust.

    Raises:
        InvalidInput: a network or a key is none, or it would sign in in more than one way.
    """
    faults = [*_networks_of(client), *_sign_in_of(client, issuers)]
    if faults:
        raise InvalidInput(faults)
    require_usable(client.public_keys or ())


def require_within(database: Database, caller: Caller, client: Client) -> None:
    """Refuse a client that could do what its maker cannot: live longer, or call from elsewhere.

    Else whoever has a client's secret for a day could make another one for good.

    Raises:
        InvalidInput: it could; noted as a refusal.
    """
    faults = list(_excess_of(caller, client))
    if faults:
        error = InvalidInput(faults)
        with database.write() as connection:
            audit.refused(connection, caller, client.id, error)
        raise error


def marks_of(
    caller: Caller, client: Client, lineage: Lineage, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return who is to be known as having disabled a client, where a change says so.

    Args:
        caller: who changes it.
        client: as it was.
        lineage: the client's reseller with all those above it.
        values: the change.

    Raises:
        Conflict: a reseller above the caller's disabled it; who is shut out from above is let in
            from above.
    """
    if "disabled" not in values:
        return {}
    own = caller.principal.reseller
    line = [each.id for each in lineage.resellers]
    if client.disabled_by in line[: line.index(own)]:
        if not values["disabled"]:
            raise Conflict(DISABLED_ABOVE)
        return {}
    return {"disabled_by": own if values["disabled"] else None}


def _networks_of(client: Client) -> Iterator[InputFault]:
    for index, text in enumerate(client.allowed_ips or ()):
        if network_of(text) is None:
            yield InputFault(
                f"/allowedIps/{index}",
                "NOT_A_NETWORK",
                "This must be an address, or a network such as 192.0.2.0/24.",
            )


def _sign_in_of(client: Client, issuers: Collection[str]) -> Iterator[InputFault]:
    if (client.issuer is None) != (client.subject is None):
        yield InputFault("/subject", "REQUIRED", "Give issuer and subject together.")
    if client.issuer is not None and client.issuer not in issuers:
        yield InputFault("/issuer", "NOT_TRUSTED", "The settings do not trust this issuer.")
    if client.issuer is not None and client.public_keys is not None:
        yield InputFault("/publicKeys", "TWO_WAYS", "A client signs in in one way only.")


def _excess_of(caller: Caller, client: Client) -> Iterator[InputFault]:
    most = caller.principal
    ends = most.expire_time
    if ends is not None and (client.expire_time is None or client.expire_time > ends):
        yield InputFault(
            "/expireTime",
            "BEYOND_CALLER",
            f"Your client ends at {ends.isoformat()}, so this one must end by then.",
        )
    if not lie_within(client.allowed_ips, most.allowed_ips):
        yield InputFault(
            "/allowedIps",
            "BEYOND_CALLER",
            "Your client may call from some networks only, so this one must name no others.",
        )
