"""Instances that deployments list and nobody owns: found, adopted, and released again.

For operators. Nothing here changes a deployment.
"""

from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.inventory.adoption import Candidate, NewOwner
from gateway.resources.instance_schemas import INSTANCE_ID, STATUSES, InstanceSchema
from gateway.resources.instances import shown
from gateway.spe.commands.instances import GET_INSTANCE_CONFIGURATION, GET_INSTANCES
from gateway.spe.commands.stores import GET_STORES
from gateway.spe.commands.users import GET_USERS
from gateway.web import paging
from gateway.web.api import Blueprint
from gateway.web.door import CREATED, services
from gateway.web.fields import Choice, Id, Labels, Text, Time
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Paging, Schema, page_of, whole
from gateway.web.validation import validates

blp = Blueprint("inventory-unowned", __name__, description=__doc__, url_prefix="/inventory")


class UnownedInstanceSchema(Schema):
    """An instance that a deployment lists and nobody owns, as it was last seen."""

    id = Id("ins", "Opaque id, which it keeps once adopted.", required=True, dump_only=True)
    instance_id = Text("SPE's own id.", data_key="instanceID", required=True, dump_only=True)
    deployment = Id("dep", "Where it is.", required=True, dump_only=True)
    display_name = Text("The name shown to people.", allow_none=True, dump_only=True)
    alias = Text("Another name to log in with.", allow_none=True, dump_only=True)
    status = Choice(STATUSES, "SPE's word for its state.", allow_none=True, dump_only=True)
    instance_host = Text("On which host.", allow_none=True, dump_only=True)
    former_reseller = Id(
        "res",
        "Whose the id was before: only that reseller can have it. Null if it was never anybody's.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    observe_time = Time("Since when it looks so.", required=True, dump_only=True)
    create_time = Time("When it was first found.", required=True, dump_only=True)


class UnownedInstanceQuery(Paging):
    """Which of them."""

    deployment = Id("dep", "Only those on this deployment.")


class InstanceAdoptSchema(Schema):
    """Whose an instance becomes."""

    reseller = Id("res", "The new owner.", required=True)
    external_id = Text("Its id in your own system.", max_length=200)
    labels = Labels("Your own labels.", load_default={})


class InstanceReleaseSchema(Schema):
    """The confirmation."""

    instance_id = Text(
        "SPE's own id of the instance, as confirmation.",
        data_key="instanceID",
        pattern=INSTANCE_ID,
        form="3 to 32 of a-z, 0-9 and dash, a letter first",
        required=True,
    )


class ReleasedInstanceSchema(Schema):
    """What is left of a released instance."""

    id = Id("ins", "Opaque id, which nothing has any more.", required=True, dump_only=True)
    status = Choice(("released",), "Always `released`.", required=True, dump_only=True)


UnownedInstancePage = page_of(UnownedInstanceSchema)


def view(candidate: Candidate) -> dict[str, Any]:
    """Return what the schema dumps."""
    found = candidate.found
    seen = {name: found.observed.get(key) for name, key in OBSERVED.items()}
    return vars(found) | seen | {"former_reseller": candidate.former}


OBSERVED = {
    "display_name": "displayName",
    "alias": "alias",
    "status": "status",
    "instance_host": "instanceHost",
}


def adopted(instance: str) -> Response:
    """Answer with an instance that was adopted, and where it is."""
    response = shown(services().instances.get(caller(), instance), CREATED)
    response.headers["Location"] = f"/instances/{instance}"
    return response


def released(instance: str) -> dict[str, Any]:
    """Answer that an instance was released."""
    told = {"id": instance, "status": "released"}
    body: dict[str, Any] = whole(ReleasedInstanceSchema).dump(told)
    return body


@blp.route("/unowned")
class UnownedInstances(MethodView):
    """The collection."""

    @operation(blp, "listUnownedInstances", permission=Permission.DEPLOYMENTS_READ)
    @blp.arguments(UnownedInstanceQuery, location="query")
    @blp.response(200, UnownedInstancePage, headers={"Link": "Link"})
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List the instances that deployments list and nobody owns, as they were last seen.

        They were made in SPE itself, are back after a restore of the gateway, or were released.
        """
        limit, after = query["limit"], paging.position(query) or ""
        found = services().adoption.page(caller(), query.get("deployment"), after, limit + 1)
        rows, more = paging.cut(found, limit, key=lambda candidate: candidate.found.id)
        return paging.page([view(each) for each in rows], more)


@blp.route("/<ins:instance>/adopt")
class InstanceAdoption(MethodView):
    """A first owner, or the former one again."""

    @operation(
        blp,
        "adoptInstance",
        permission=Permission.INSTANCES_ADOPT,
        commands=(GET_INSTANCES, GET_INSTANCE_CONFIGURATION, GET_STORES, GET_USERS),
        errors=(404, 409),
        again=adopted,
    )
    @validates(blp)
    @blp.arguments(
        InstanceAdoptSchema, example={"reseller": "res_01995e5a7c4d7b3e8f2a9c1d0e6b4f37"}
    )
    @blp.response(201, InstanceSchema, headers={"ETag": "ETag", "Location": "Location"})
    def post(self, body: dict[str, Any], instance: str) -> Response:
        """Give an instance that nobody owns to a reseller; it is only read at SPE.

        Its users and stores, as far as SPE tells of them, count to the quotas of the owner. An id,
        an alias or a directory that was ever another reseller's is never given away: 409.
        """
        found = services().adoption.adopt(caller(), instance, NewOwner(**body))
        response = shown(found, CREATED)
        response.headers["Location"] = f"/instances/{found.id}"
        return response


@blp.route("/<ins:instance>/release")
class InstanceRelease(MethodView):
    """The end of the gateway's care."""

    @operation(
        blp,
        "releaseInstance",
        permission=Permission.INSTANCES_ADOPT,
        errors=(404, 409),
        again=released,
    )
    @validates(blp)
    @blp.arguments(InstanceReleaseSchema, example={"instanceID": "acme"})
    @blp.response(200, ReleasedInstanceSchema)
    def post(self, body: dict[str, Any], instance: str) -> dict[str, Any]:
        """Let an instance go that is missing, or that is to be managed elsewhere.

        Nothing is sent to SPE. The instance leaves its owner's lists and quotas; its id stays that
        owner's, who alone can have it back, and its history stays too.
        """
        services().adoption.release(caller(), instance, body["instance_id"])
        return released(instance)
