"""Archive stores of an instance. Where a store lies on disk is derived, never given."""

from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.instances import store_path
from gateway.broker.plan import Invocation
from gateway.errors import NotFound
from gateway.model import Operation
from gateway.spe.commands.stores import (
    CREATE_STORE,
    GET_STORES,
    RENAME_STORE,
    SET_STORE_REQUESTED_STATE,
    VERIFY_STORE,
    VERIFY_STORES,
)
from gateway.web.api import Blueprint
from gateway.web.door import answer, listed, rows_of, services, shown
from gateway.web.fields import Choice, Flag, Text, Whole
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Paging, Schema, page_of

blp = Blueprint(
    "stores", __name__, description=__doc__, url_prefix="/instances/<ins:instance>/stores"
)

STATES = ("current", "normal", "writeProtected", "disabled")


class StoreSchema(Schema):
    """An archive store."""

    id = Whole("The number that SPE gave it.", required=True, dump_only=True)
    name = Text("Its name.", min_length=0, required=True, dump_only=True)
    requested_state = Choice(
        STATES, "The state it is meant to have.", required=True, dump_only=True
    )
    error = Text("What is wrong with it; null if nothing is.", allow_none=True, dump_only=True)
    statistics_count = Whole("Messages in it.", allow_none=True, dump_only=True)
    statistics_size = Whole("Its size in bytes.", allow_none=True, dump_only=True)
    needs_upgrade = Flag("Whether its database format is old.", allow_none=True, dump_only=True)
    search_indexes_need_rebuild = Flag(
        "Whether its search indexes must be rebuilt.", allow_none=True, dump_only=True
    )


class StoreCreateSchema(Schema):
    """A store to be made."""

    name = Text("Its name.", max_length=255, required=True)
    requested_state = Choice(STATES, "The state it is meant to have.")


class StorePatchSchema(Schema):
    """What changes of a store; what is left out stays."""

    name = Text("Its new name.", max_length=255)
    requested_state = Choice(STATES, "The state it is meant to have.")


class StoreVerificationSchema(Schema):
    """How a verification ended; the findings are in the operation's log."""

    finished = Flag("Always true: it ran to its end.", required=True, dump_only=True)
    log = Text("What SPE logged.", min_length=0, required=True, dump_only=True)


class StoreVerificationRequestSchema(Schema):
    """What is verified."""

    include_indexes = Flag("Also the search indexes.", load_default=False)


class StoreQuery(Paging):
    """Which stores, and how much of them."""

    include_size = Flag("Also their sizes, which takes longer.", load_default=False)


StorePage = page_of(StoreSchema)


def _stores(found: Operation) -> list[dict[str, Any]]:
    rows = rows_of(found.steps[-1].result, "id")
    return [shown(StoreSchema, row) for row in rows]


def page_shape(found: Operation) -> dict[str, Any]:
    """Return all stores."""
    return {"items": _stores(found), "nextCursor": None}


def created_shape(found: Operation) -> dict[str, Any]:
    """Return the store that has just been made: the one in the directory that we derived."""
    own = str(found.context["directory"]).rpartition("\\")[2]
    rows = rows_of(found.steps[-1].result, "id")
    return _picked(found, [row["id"] for row in rows if own in str(row.get("databasePath"))])


def one_shape(found: Operation) -> dict[str, Any]:
    """Return the store that was asked for."""
    return _picked(found, [found.context["store"]])


def _picked(found: Operation, numbers: list[int]) -> dict[str, Any]:
    picked = [store for store in _stores(found) if store["id"] in numbers]
    if not picked:
        raise NotFound
    return picked[-1]


def verified_shape(found: Operation) -> dict[str, Any]:
    """Return the end of a verification."""
    return {"finished": True, "log": found.log}


@blp.route("")
class Stores(MethodView):
    """The collection."""

    @operation(
        blp,
        "listStores",
        permission=Permission.STORES_READ,
        commands=(GET_STORES,),
        asynchronous=True,
        shape=page_shape,
    )
    @blp.arguments(StoreQuery, location="query")
    @blp.response(200, StorePage)
    def get(self, query: dict[str, Any], instance: str) -> Response:
        """List the archive stores."""
        wish = Invocation(GET_STORES, {"includeSize": query["include_size"]})
        return listed(services().broker.call(caller(), instance, [wish]), query, "id")

    @operation(
        blp,
        "createStore",
        permission=Permission.STORES_CREATE,
        commands=(CREATE_STORE, GET_STORES),
        asynchronous=True,
        errors=(409,),
        shape=created_shape,
    )
    @blp.arguments(StoreCreateSchema, example={"name": "2026"})
    @blp.response(201, StoreSchema)
    def post(self, body: dict[str, Any], instance: str) -> Response:
        """Create an archive store; its directory is derived."""
        directory = store_path()
        arguments = {"name": body["name"], "databasePath": directory}
        if "requested_state" in body:
            arguments["requestedState"] = body["requested_state"]
        wishes = [Invocation(CREATE_STORE, arguments), Invocation(GET_STORES)]
        context = {"directory": directory}
        return answer(services().broker.call(caller(), instance, wishes, context=context), 201)


@blp.route("/<number:store>")
class OneStore(MethodView):
    """One store."""

    @operation(
        blp,
        "getStore",
        permission=Permission.STORES_READ,
        commands=(GET_STORES,),
        asynchronous=True,
        shape=one_shape,
    )
    @blp.response(200, StoreSchema)
    def get(self, instance: str, store: int) -> Response:
        """Show an archive store."""
        wishes = [Invocation(GET_STORES)]
        found = services().broker.call(caller(), instance, wishes, context={"store": store})
        return answer(found)

    @operation(
        blp,
        "updateStore",
        permission=Permission.STORES_UPDATE,
        commands=(RENAME_STORE, SET_STORE_REQUESTED_STATE, GET_STORES),
        asynchronous=True,
        errors=(409,),
        shape=one_shape,
    )
    @blp.arguments(StorePatchSchema, example={"requestedState": "writeProtected"})
    @blp.response(200, StoreSchema)
    def patch(self, body: dict[str, Any], instance: str, store: int) -> Response:
        """Rename a store, then change its state; the operation's steps say what was done."""
        wishes = []
        if "name" in body:
            wishes.append(Invocation(RENAME_STORE, {"id": store, "name": body["name"]}))
        if "requested_state" in body:
            arguments = {"id": store, "requestedState": body["requested_state"]}
            wishes.append(Invocation(SET_STORE_REQUESTED_STATE, arguments))
        wishes.append(Invocation(GET_STORES))
        found = services().broker.call(caller(), instance, wishes, context={"store": store})
        return answer(found)


@blp.route("/<number:store>/verify")
class StoreVerification(MethodView):
    """The verification of one store."""

    @operation(
        blp,
        "verifyStore",
        permission=Permission.STORES_RUN,
        commands=(VERIFY_STORE,),
        asynchronous=True,
        errors=(409,),
        shape=verified_shape,
    )
    @blp.arguments(StoreVerificationRequestSchema, example={"includeIndexes": True})
    @blp.response(200, StoreVerificationSchema)
    def post(self, body: dict[str, Any], instance: str, store: int) -> Response:
        """Verify the consistency of an archive store."""
        arguments = {"id": store, "includeIndexes": body["include_indexes"]}
        wish = Invocation(VERIFY_STORE, arguments)
        return answer(services().broker.call(caller(), instance, [wish]))


@blp.route("/verify")
class StoresVerification(MethodView):
    """The verification of all stores."""

    @operation(
        blp,
        "verifyStores",
        permission=Permission.STORES_RUN,
        commands=(VERIFY_STORES,),
        asynchronous=True,
        errors=(409,),
        shape=verified_shape,
    )
    @blp.arguments(StoreVerificationRequestSchema, example={"includeIndexes": True})
    @blp.response(200, StoreVerificationSchema)
    def post(self, body: dict[str, Any], instance: str) -> Response:
        """Verify the consistency of all archive stores of an instance."""
        wish = Invocation(VERIFY_STORES, {"includeIndexes": body["include_indexes"]})
        return answer(services().broker.call(caller(), instance, [wish]))
