"""``spe-gateway clients``: the programs and people that call the API."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from gateway.access.permissions import ROLES
from gateway.cli.nouns.group import group_of
from gateway.cli.nouns.kinds import INSTANCE, RESELLER
from gateway.cli.nouns.rows import Asked, Change, Field, Form, Listing, Page
from gateway.cli.nouns.showing import Column, Thing

ROLE: Final = Field(
    "roles", "A named set of permissions.", Form.LIST, option="role", choices=tuple(ROLES)
)
PERMISSION: Final = Field("permissions", "One more permission.", Form.LIST, option="permission")
ONLY: Final = Field(
    "instances", "It sees these instances only.", Form.LIST, option="instance", of=INSTANCE
)
ALLOWED: Final = Field(
    "allowedIps", "Address or network that it may call from.", Form.LIST, option="allowed-ip"
)
EXPIRES: Final = Field("expireTime", "When it ends, as 2027-01-31T00:00:00Z.")


def _state(client: Thing) -> str:
    return "disabled" if client["disabled"] or client["disabledAbove"] else "active"


def secret_lines(client: Thing) -> Iterator[str]:
    """Yield the credentials of a client, of which the secret is shown this once."""
    if client["clientSecret"] is None:
        yield (
            "The answer with its secret was lost: make a new one with "
            f"'spe-gateway clients rotate-secret {client['id']}'."
        )
        return
    yield "Its secret is shown this once:"
    yield f"  client id      {client['clientId']}"
    yield f"  client secret  {client['clientSecret']}"


clients = group_of(
    "clients",
    "See and manage API clients; each is named by its id or its name.",
    (
        Listing(
            name="list",
            path="/clients",
            help="List the API clients of your reseller and of those below it.",
            examples=("", "--json"),
            columns=(
                Column("ID", "id"),
                Column("NAME", "name"),
                Column("RESELLER", "reseller", RESELLER),
                Column("ROLES", "roles"),
                Column("STATE", _state),
                Column("LAST USE (UTC)", "lastUseTime"),
            ),
        ),
        Page(
            name="show",
            path="/clients/{client}",
            help="Show an API client.",
            examples=("billing", "billing --json"),
        ),
        Change(
            name="create",
            path="/clients",
            help="Make an API client, and show its secret once.",
            examples=(
                "--name portal --reseller North --role reseller-admin",
                "--name billing --role billing --json > billing.json",
            ),
            fields=(
                Field("name", "Its name.", required=True),
                Field("reseller", "Whose it is; by default your own.", of=RESELLER),
                ROLE,
                PERMISSION,
                ONLY,
                ALLOWED,
                EXPIRES,
            ),
            done="{name} is made as {id}.",
            lines=secret_lines,
        ),
        Change(
            name="rotate-secret",
            path="/clients/{client}/rotate-secret",
            help="Make a second secret, and show it once; the one before goes on for a while.",
            examples=("portal", "portal --json > portal.json"),
            done="{client} has a new secret.",
            lines=secret_lines,
        ),
        Change(
            name="update",
            method="PATCH",
            path="/clients/{client}",
            help="Change an API client: what is not given stays as it is, a list is given whole.",
            examples=("portal --role support", "portal --disabled", "portal --no-disabled"),
            fields=(
                Field("name", "Its new name."),
                Field("disabled", "Refuse it, or let it in again.", Form.SWITCH),
                replace(ROLE, emptiable=True),
                replace(PERMISSION, emptiable=True),
                replace(ONLY, nullable=True),
                replace(ALLOWED, nullable=True),
                replace(EXPIRES, nullable=True),
            ),
            done="{client} is changed.",
        ),
        Change(
            name="delete",
            method="DELETE",
            path="/clients/{client}",
            help="Delete an API client: its tokens end at once.",
            examples=("portal", "portal --yes"),
            doing="This deletes {client}, which can never call again",
            asked=Asked.YES,
            done="{client} is deleted.",
        ),
    ),
)
