"""``spe-gateway resellers``: the tree of those who own instances, and what they may have."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from gateway.access.permissions import ROLES
from gateway.cli.nouns.group import group_of
from gateway.cli.nouns.kinds import DEPLOYMENT, RESELLER
from gateway.cli.nouns.rows import Asked, Change, Field, Form, Listing, Page
from gateway.cli.nouns.showing import Column, Thing
from gateway.cli.quotas import quotas

EXTERNAL_ID: Final = Field("externalId", "Its id in your own system.")
ROLE: Final = Field(
    "roles",
    "Its clients hold at most what these roles grant together.",
    Form.LIST,
    option="role",
    choices=tuple(ROLES),
)
DISABLED: Final = Field(
    "disabledPermissions",
    "Taken away from its clients, and from those of all below it.",
    Form.LIST,
    option="disabled-permission",
)
DEPLOYMENTS: Final = Field(
    "deployments",
    "Its instances are placed on these only.",
    Form.LIST,
    option="deployment",
    of=DEPLOYMENT,
)


def tree_of(resellers: Sequence[Thing]) -> list[Thing]:
    """Return resellers as a tree, each with its ``branch``, in the order in which it is drawn."""
    ids = {each["id"] for each in resellers}
    roots = [each for each in resellers if each.get("parent") not in ids]
    return [drawn for root in roots for drawn in _drawn(root, resellers, "", "")]


def _drawn(reseller: Thing, resellers: Sequence[Thing], branch: str, below: str) -> Iterator[Thing]:
    yield {**reseller, "branch": branch}
    children = [each for each in resellers if each.get("parent") == reseller["id"]]
    for child in children:
        last = child is children[-1]
        fork, line = ("└─ ", "   ") if last else ("├─ ", "│  ")
        yield from _drawn(child, resellers, below + fork, below + line)


def _name(reseller: Thing) -> str:
    return f"{reseller['branch']}{reseller['name']}"


def _state(reseller: Thing) -> str:
    return "suspended" if reseller["suspended"] else "active"


resellers = group_of(
    "resellers",
    "See and manage the resellers below your own; each is named by its id or its name.",
    (
        Listing(
            name="list",
            path="/resellers",
            help="List the resellers as a tree.",
            examples=("", "--json"),
            columns=(
                Column("ID", "id"),
                Column("NAME", _name),
                Column("STATE", _state),
                Column("EXTERNAL ID", "externalId"),
            ),
            arranged=tree_of,
        ),
        Page(
            name="show",
            path="/resellers/{reseller}",
            help="Show a reseller.",
            examples=("North", "North --json"),
        ),
        Change(
            name="create",
            path="/resellers",
            help="Make a reseller below your own, or below another one.",
            examples=("--name North", "--name 'North East' --parent North --role reseller-admin"),
            fields=(
                Field("name", "Its name.", required=True),
                Field("parent", "The one above it; by default your own.", of=RESELLER),
                EXTERNAL_ID,
                ROLE,
                DISABLED,
                DEPLOYMENTS,
            ),
            done="{name} is made as {id}.",
        ),
        Change(
            name="update",
            method="PATCH",
            path="/resellers/{reseller}",
            help="Change a reseller: what is not given stays as it is, a list is given whole.",
            examples=("North --name Nord", "North --role reseller-admin --deployment alpha"),
            fields=(
                Field("name", "Its new name."),
                replace(EXTERNAL_ID, nullable=True),
                replace(ROLE, nullable=True),
                replace(DISABLED, emptiable=True),
                replace(DEPLOYMENTS, nullable=True),
            ),
            done="{reseller} is changed.",
        ),
        Change(
            name="suspend",
            path="/resellers/{reseller}/suspend",
            help="Stop a reseller and all below it: none of its clients can call any more.",
            examples=("North", "North --yes --json"),
            doing="This stops every client of {reseller} and of the resellers below it",
            asked=Asked.YES,
            done="{reseller} is suspended.",
        ),
        Change(
            name="resume",
            path="/resellers/{reseller}/resume",
            help="End the suspension of a reseller.",
            examples=("North",),
            done="{reseller} is not suspended itself any more.",
        ),
        Change(
            name="delete",
            method="DELETE",
            path="/resellers/{reseller}",
            help="Delete a reseller that has nothing any more.",
            examples=("North", "North --yes"),
            doing="This deletes {reseller}",
            asked=Asked.NAME,
            done="{reseller} is deleted.",
        ),
    ),
)
resellers.add_command(quotas)
