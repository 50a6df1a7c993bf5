"""Instances: the archive of one customer, placed on a deployment, owned by a reseller."""

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.creation import NewInstance
from gateway.broker.endings import seen
from gateway.broker.engine.preparations import CONSENT, versioned
from gateway.broker.placement.wish import AntiAffinity, Scope, Wish
from gateway.errors import InputFault, InvalidInput
from gateway.model import Instance, InstanceStatus, Operation
from gateway.resources import instance_lists, users
from gateway.resources.instance_drift import drift_of
from gateway.resources.instance_schemas import (
    InstanceCreateSchema,
    InstanceListSchema,
    InstancePatchQuery,
    InstancePatchSchema,
    InstancePurgeSchema,
    InstanceQuery,
    InstanceRehearsalSchema,
    InstanceSchema,
    PurgedInstanceSchema,
)
from gateway.spe.commands.archive_admin import (
    GET_ARCHIVE_ADMIN_ENABLED,
    SET_ARCHIVE_ADMIN_ENABLED,
)
from gateway.spe.commands.compliance import GET_COMPLIANCE_CONFIGURATION
from gateway.spe.commands.instance_hosts import GET_INSTANCE_HOSTS
from gateway.spe.commands.instances import (
    CREATE_INSTANCE,
    DELETE_INSTANCES,
    GET_INSTANCE_CONFIGURATION,
    GET_INSTANCES,
    SET_INSTANCE_CONFIGURATION,
    START_INSTANCES,
    STOP_INSTANCES,
)
from gateway.spe.commands.stores import CREATE_STORE, GET_STORES
from gateway.spe.commands.users import CREATE_USER, GET_USERS
from gateway.storage.instance_filters import shown_status
from gateway.web import etags
from gateway.web.api import Blueprint
from gateway.web.door import answer, services, succeeded
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import whole
from gateway.web.validation import validates

blp = Blueprint("instances", __name__, description=__doc__, url_prefix="/instances")

UPSTREAM = {"display_name": "displayName", "alias": "alias", "start_mode": "startMode"}
OWN = ("external_id", "labels")
CREATION = {
    "instanceID": "acme",
    "displayName": "Acme Ltd",
    "labels": {"plan": "gold"},
    "archiveAdmin": True,
    "store": {"name": "2026"},
    "users": [{"userName": "jane", "fullName": "Jane Doe", "password": "for Jane alone"}],
}
"""The example of the contract."""


def view(found: Instance) -> dict[str, Any]:
    """Return what the schema dumps; paths on disk are not among it."""
    observed, for_operator = found.observed, caller().principal.is_operator
    return vars(found) | {
        "status": shown_status(found),
        "instance_host": found.instance_host if for_operator else None,
        "drift": drift_of(found, for_operator=for_operator),
        "archive_admin": observed.get(CONSENT),
        "start_mode": observed.get("startMode"),
        "process_id": observed.get("processID"),
        "start_stop_error": observed.get("startStopError"),
    }


def tag_of(found: Instance) -> str:
    """Return the entity tag: over what can be written."""
    configuration = {
        "displayName": found.display_name,
        "alias": found.alias,
        "startMode": found.observed.get("startMode"),
    }
    return etags.etag_of(versioned(found, configuration))


def shape(found: Operation) -> dict[str, Any]:
    """Return the operation's instance as it is now."""
    return dumped(services().instances.current(found))


def dumped(found: Instance) -> dict[str, Any]:
    """Return an instance as it is answered."""
    told: dict[str, Any] = whole(InstanceSchema).dump(view(found))
    return told


def shown(found: Instance, status: int = 200) -> Response:
    """Answer with an instance and its entity tag."""
    response = jsonify(dumped(found))
    response.status_code = status
    response.headers["ETag"] = tag_of(found)
    return response


def purged_shape(found: Operation) -> dict[str, Any]:
    """Return what is left of a purged instance; where, for operators."""
    instance = services().instances.current(found)
    directory = instance.base_directory if caller().principal.is_operator else None
    return {"id": instance.id, "status": "purged", "dataRemains": True, "dataDirectory": directory}


def answered(found: Operation, status: int = 200) -> Response:
    """Answer with the operation's instance and its entity tag, or 202 while it goes on."""
    if not found.status.is_final:
        return answer(found)
    return shown(services().instances.current(succeeded(found)), status)


def created(found: Operation) -> Response:
    """Answer with the instance that was made, and where it is."""
    response = answered(found, 201)
    if found.status.is_final:
        response.headers["Location"] = f"/instances/{found.instance}"
    return response


@blp.route("")
class Instances(MethodView):
    """The collection."""

    @operation(
        blp,
        "listInstances",
        permission=Permission.INSTANCES_READ,
        commands=(GET_INSTANCES, GET_INSTANCE_HOSTS, GET_INSTANCE_CONFIGURATION),
    )
    @blp.arguments(InstanceQuery, location="query")
    @blp.response(200, InstanceListSchema, headers={"Link": "Link"})
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List instances over all deployments.

        `consistency=cached` (the default) answers from what was last seen; `maxAge` has what is
        older asked anew, and `live` asks every deployment of the page now, side by side. With
        `status` or `q`, which what is asked may change, that is every deployment that the other
        filters concern. One that does not answer in time is named in `unreachable` and shown as
        it was last seen; with `require=complete` the call fails instead. `asOf` tells when each
        was last asked; one that never was is left out of it.
        """
        inventory = services().inventory
        listing = inventory.page(caller(), instance_lists.wanted(query, inventory.patience))
        return instance_lists.body(listing, [view(item) for item in listing.items])

    @operation(
        blp,
        "createInstance",
        permission=Permission.INSTANCES_CREATE,
        commands=(
            GET_INSTANCE_HOSTS,
            CREATE_INSTANCE,
            START_INSTANCES,
            CREATE_STORE,
            SET_ARCHIVE_ADMIN_ENABLED,
            CREATE_USER,
            GET_INSTANCES,
            GET_INSTANCE_CONFIGURATION,
            GET_ARCHIVE_ADMIN_ENABLED,
            GET_STORES,
            GET_USERS,
            GET_COMPLIANCE_CONFIGURATION,
            STOP_INSTANCES,
            DELETE_INSTANCES,
        ),
        asynchronous=True,
        errors=(404, 409),
        shape=shape,
        reply=created,
    )
    @validates(blp, found=InstanceRehearsalSchema)
    @blp.arguments(InstanceCreateSchema, example=CREATION)
    @blp.response(201, InstanceSchema, headers={"ETag": "ETag", "Location": "Location"})
    def post(self, body: dict[str, Any]) -> Response:
        """Create an instance, started and with a store and users if you wish.

        The deployment and the host are chosen, and the directory is derived. When a step after
        the creation fails, the instance stays as far as it got, the steps of the problem say what
        was done, and what was not made is given back to the quotas. The same call under the same
        `Idempotency-Key` then carries out the rest. With `onFailure=remove` the instance is
        taken back instead: stopped and removed from SPE, if it lies in its own directory and
        nothing is in it that this call did not make; else it stays. It needs `instances:delete`.
        """
        bodies = body.pop("users", [])
        wish = wish_of(body.pop("deployment", None), body.pop("placement", {}), body["labels"])
        store = body.pop("store", None)
        new = NewInstance(
            **body,
            wish=wish,
            store=store and store["name"],
            store_state=store and store.get("requested_state"),
            users=[users.creation(user, f"/users/{i}") for i, user in enumerate(bodies)],
        )
        more = users.needed_for(bodies)
        if bodies:
            more.append(Permission.USERS_CREATE)
        if new.on_failure == "remove":
            more.append(Permission.INSTANCES_DELETE)
        return created(services().instances.create(caller(), new, *more))


def wish_of(
    deployment: str | None, placement: Mapping[str, Any], labels: Mapping[str, str]
) -> Wish:
    """Return what a body says of the place of an instance with some labels."""
    apart = placement.get("anti_affinity")
    if apart is None:
        return Wish(deployment, placement.get("labels", {}))
    required, label = apart["enforcement"] == "required", apart["label"]
    anti_affinity = AntiAffinity(label, labels.get(label), Scope(apart["scope"]), required)
    return Wish(deployment, placement["labels"], anti_affinity)


@blp.route("/<ins:instance>")
class OneInstance(MethodView):
    """One instance."""

    @operation(
        blp,
        "getInstance",
        permission=Permission.INSTANCES_READ,
        commands=(GET_INSTANCES, GET_INSTANCE_CONFIGURATION, GET_ARCHIVE_ADMIN_ENABLED),
        asynchronous=True,
        shape=shape,
    )
    @blp.response(200, InstanceSchema, headers={"ETag": "ETag"})
    def get(self, instance: str) -> Response:
        """Show an instance as SPE has it now; a suspended or deleted one as it was last seen."""
        known = services().instances.get(caller(), instance)
        if known.status is not InstanceStatus.ACTIVE:
            return shown(known)
        found = services().instances.read(caller(), known)
        return shown(seen(known, succeeded(found))) if found.status.is_final else answer(found)

    @operation(
        blp,
        "updateInstance",
        permission=Permission.INSTANCES_UPDATE,
        commands=(
            GET_INSTANCES,
            GET_INSTANCE_CONFIGURATION,
            STOP_INSTANCES,
            SET_INSTANCE_CONFIGURATION,
            START_INSTANCES,
            SET_ARCHIVE_ADMIN_ENABLED,
            GET_ARCHIVE_ADMIN_ENABLED,
        ),
        asynchronous=True,
        errors=(409, 412),
        parameters=("IfMatch",),
        shape=shape,
    )
    @blp.arguments(InstancePatchQuery, location="query")
    @blp.arguments(InstancePatchSchema, example={"displayName": "Acme Ltd"})
    @blp.response(200, InstanceSchema, headers={"ETag": "ETag"})
    def patch(self, query: dict[str, Any], body: dict[str, Any], instance: str) -> Response:
        """Change an instance. Labels and external id are ours and need no stopped instance.

        SPE changes the rest of stopped instances only: `restart=true` stops it, changes it and
        starts it again. `archiveAdmin` is the customer's consent, so it is switched by a call that
        says nothing else, and needs `archive-admin:update` too.
        """
        known = services().instances.get(caller(), instance)
        if "archive_admin" in body:
            require_alone(body)
            enabled, if_match = body["archive_admin"], etags.wanted()
            return answered(
                services().instances.switch_access(
                    caller(), known, enabled=enabled, if_match=if_match
                )
            )
        changes = {UPSTREAM[name]: body[name] for name in UPSTREAM if name in body}
        own = {name: body[name] for name in OWN if name in body}
        if "labels" in own:
            own["labels"] = merged_labels(known.labels, own["labels"])
        if not changes:
            etags.check_if_match(tag_of(known))
            return shown(services().instances.label(caller(), known, own))
        context = {"restart": query["restart"], "ifMatch": etags.wanted()}
        return answered(services().instances.configure(caller(), known, changes, own, context))

    @operation(
        blp,
        "deleteInstance",
        permission=Permission.INSTANCES_DELETE,
        commands=(
            GET_INSTANCES,
            GET_INSTANCE_CONFIGURATION,
            GET_COMPLIANCE_CONFIGURATION,
            STOP_INSTANCES,
            SET_INSTANCE_CONFIGURATION,
        ),
        asynchronous=True,
        errors=(409,),
        shape=shape,
    )
    @blp.response(200, InstanceSchema, headers={"ETag": "ETag"})
    def delete(self, instance: str) -> Response:
        """Stop an instance and disable its start; the days of grace begin.

        Nothing is removed: `undelete` brings it back, only an operator's `purge` removes it from
        SPE, and its data stays on disk even then.
        """
        return answered(services().instances.delete(caller(), instance))


def require_alone(body: dict[str, Any]) -> None:
    """Refuse a consent that comes along with something else.

    Raises:
        InvalidInput: there are other members.
    """
    if len(body) > 1:
        detail = "It is the customer's consent: switch it with a call that says nothing else."
        raise InvalidInput([InputFault("/archiveAdmin", "NOT_ALONE", detail)])


def merged_labels(known: Mapping[str, str], patch: Mapping[str, str | None]) -> dict[str, str]:
    """Merge labels as RFC 7396 says: null removes one."""
    whole = {**known, **patch}
    return {key: value for key, value in whole.items() if value is not None}


@blp.route("/<ins:instance>/undelete")
class InstanceUndeletion(MethodView):
    """The way back within the days of grace."""

    @operation(
        blp,
        "undeleteInstance",
        permission=Permission.INSTANCES_DELETE,
        commands=(GET_INSTANCE_CONFIGURATION, SET_INSTANCE_CONFIGURATION, START_INSTANCES),
        asynchronous=True,
        errors=(409,),
        shape=shape,
        reply=answered,
    )
    @validates(blp)
    @blp.response(200, InstanceSchema, headers={"ETag": "ETag"})
    def post(self, instance: str) -> Response:
        """Bring a deleted instance back as it was before: started, stopped, or suspended."""
        return answered(services().instances.undelete(caller(), instance))


@blp.route("/<ins:instance>/purge")
class InstancePurge(MethodView):
    """The removal from SPE."""

    @operation(
        blp,
        "purgeInstance",
        permission=Permission.INSTANCES_PURGE,
        commands=(DELETE_INSTANCES,),
        asynchronous=True,
        errors=(409,),
        shape=purged_shape,
    )
    @validates(blp)
    @blp.arguments(InstancePurgeSchema, example={"instanceID": "acme"})
    @blp.response(200, PurgedInstanceSchema)
    def post(self, body: dict[str, Any], instance: str) -> Response:
        """Remove a deleted instance from SPE; its data stays on disk, and its id is never reused.

        Refused while the instance is under legal hold.
        """
        purged = services().instances.purge(
            caller(), instance, body["instance_id"], checked=body["legal_hold_checked"]
        )
        return answer(purged)
