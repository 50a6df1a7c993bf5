"""How old our knowledge of each deployment is, and what stands against it. For operators."""

from datetime import datetime
from operator import attrgetter
from typing import Any

from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.inventory.oversight import Overview
from gateway.model import Resource
from gateway.spe.commands.instance_hosts import GET_INSTANCE_HOSTS
from gateway.spe.commands.instances import GET_INSTANCE_CONFIGURATION, GET_INSTANCES
from gateway.web import paging
from gateway.web.api import Blueprint
from gateway.web.door import services
from gateway.web.fields import Id, ListOf, Part, Text, Time, Whole
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Paging, Schema, page_of

blp = Blueprint("inventory", __name__, description=__doc__)

VERSION = r"[0-9a-f]{64}"
MOST = 2**31 - 1
NEVER = ("as_of", "try_time", "problem", "doubt", "number")
"""What is not known of a deployment that was never asked."""

EXAMPLE = {
    "missing": 12,
    "version": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}
COMMANDS = (GET_INSTANCES, GET_INSTANCE_HOSTS, GET_INSTANCE_CONFIGURATION)


class DoubtSchema(Schema):
    """A list that is not believed, in numbers."""

    known = Whole("Instances of ours that were there before.", required=True, dump_only=True)
    missing = Whole("How many of them it lacks.", required=True, dump_only=True)
    listed = Whole("Instances that it has, whoever's.", required=True, dump_only=True)
    ignored = Whole("Rows of it that are no instance.", required=True, dump_only=True)
    instances = ListOf(
        Id("ins"), "Some of those that it lacks, 20 at most.", required=True, dump_only=True
    )
    version = Text("Says which it lacks; to accept.", required=True, dump_only=True)
    since = Time("Since when the lists are doubted.", required=True, dump_only=True)


class InventorySchema(Schema):
    """What we know of a deployment as a whole."""

    deployment = Id("dep", "The deployment.", required=True, dump_only=True)
    as_of = Time(
        "When it was asked for the last list that is believed; null before the first.",
        required=True,
        allow_none=True,
        dump_only=True,
    )
    try_time = Time("When it was last asked.", required=True, allow_none=True, dump_only=True)
    problem = Text(
        "The code of the problem that this ended with, if any.",
        required=True,
        allow_none=True,
        dump_only=True,
    )
    doubt = Part(
        DoubtSchema,
        "Why the last list is not believed, if it is not.",
        required=True,
        allow_none=True,
        dump_only=True,
    )
    number = Whole(
        "Instances that the last list had, whoever's.",
        required=True,
        allow_none=True,
        dump_only=True,
    )
    hosts = Whole("Instance hosts that the last list had.", required=True, dump_only=True)
    stores = Whole(
        "Stores of owned instances, as far as we made or saw them.", required=True, dump_only=True
    )
    users = Whole(
        "Users of owned instances, as far as we made or saw them.", required=True, dump_only=True
    )
    unowned = Whole("Instances there that nobody owns.", required=True, dump_only=True)
    missing = Whole("Instances of ours that it does not list.", required=True, dump_only=True)
    changed = Whole(
        "Instances of ours that are otherwise there than we know.", required=True, dump_only=True
    )


class InventoryAcceptanceSchema(Schema):
    """Exactly what is taken for true."""

    missing = Whole(
        "How many instances are gone: `missing` of the doubt.", most=MOST, least=1, required=True
    )
    version = Text("Which: `version` of the doubt.", max_length=64, pattern=VERSION, required=True)


InventoryPage = page_of(InventorySchema)


def view(found: Overview) -> dict[str, Any]:
    """Return what the schema dumps."""
    state = vars(found.state) if found.state else dict.fromkeys(NEVER)
    doubt = state["doubt"]
    return {
        **state,
        "deployment": found.deployment,
        "doubt": doubt and {**doubt, "since": datetime.fromisoformat(doubt["since"])},
        "hosts": found.hosts,
        "stores": found.held.get(Resource.STORES, 0),
        "users": found.held.get(Resource.USERS, 0),
        "unowned": found.unowned,
        "missing": found.drifts.missing,
        "changed": found.drifts.changed,
    }


@blp.response(200, InventorySchema)
def again(deployment: str) -> dict[str, Any]:
    """Answer with an inventory as it is now."""
    return view(services().oversight.one(caller(), deployment))


@blp.route("/inventory")
class Inventories(MethodView):
    """The collection."""

    @operation(blp, "listInventories", permission=Permission.DEPLOYMENTS_READ)
    @blp.arguments(Paging, location="query")
    @blp.response(200, InventoryPage, headers={"Link": "Link"})
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """Show how old our knowledge of each deployment is, and what stands against it."""
        limit = query["limit"]
        found = services().oversight.page(caller(), paging.position(query) or "", limit + 1)
        shown, more = paging.cut(found, limit, attrgetter("deployment"))
        return paging.page([view(item) for item in shown], more)


@blp.route("/deployments/<dep:deployment>/inventory/refresh")
class InventoryRefresh(MethodView):
    """A look at everything."""

    @operation(
        blp,
        "refreshInventory",
        permission=Permission.DEPLOYMENTS_UPDATE,
        commands=COMMANDS,
    )
    @blp.response(200, InventorySchema)
    def post(self, deployment: str) -> dict[str, Any]:
        """Ask a deployment now for all its instances and hosts."""
        return view(services().oversight.refresh(caller(), deployment))


@blp.route("/deployments/<dep:deployment>/inventory/accept")
class InventoryAcceptance(MethodView):
    """The end of a doubt."""

    @operation(
        blp,
        "acceptInventory",
        permission=Permission.DEPLOYMENTS_UPDATE,
        commands=COMMANDS,
        errors=(409,),
        again=again,
    )
    @blp.arguments(InventoryAcceptanceSchema, example=EXAMPLE)
    @blp.response(200, InventorySchema)
    def post(self, body: dict[str, Any], deployment: str) -> dict[str, Any]:
        """Confirm that the instances of a doubt are gone; they are then marked missing.

        The deployment is asked once more. If it lacks others by now than those that are named,
        nothing is marked.
        """
        return view(services().oversight.accept(caller(), deployment, **body))
