"""Archive stores of an instance. Where a store lies on disk is derived, never given."""

from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.creation import store_path
from gateway.broker.engine.plan import Invocation
from gateway.broker.engine.preparations import subject
from gateway.errors import InputFault, InvalidInput, NotFound
from gateway.model import Operation
from gateway.resources.store_schemas import (
    StoreAttachSchema,
    StoreAutoCreationSchema,
    StoreCreateSchema,
    StoreDetachmentSchema,
    StorePatchSchema,
    StoreSchema,
)
from gateway.spe.commands.stores import (
    ATTACH_STORE,
    CREATE_STORE,
    DETACH_STORE,
    GET_STORE_AUTO_CREATE_CONFIGURATION,
    GET_STORES,
    RENAME_STORE,
    SET_STORE_AUTO_CREATE_CONFIGURATION,
    SET_STORE_PATH,
    SET_STORE_REQUESTED_STATE,
)
from gateway.web.api import Blueprint
from gateway.web.door import (
    answer,
    listed,
    located,
    named,
    object_of,
    rows_of,
    services,
    shown,
    tagged,
    versioned,
)
from gateway.web.fields import Flag
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Paging, page_of
from gateway.web.validation import validates

blp = Blueprint(
    "stores", __name__, description=__doc__, url_prefix="/instances/<ins:instance>/stores"
)

PATHS = {
    "database_path": "databasePath",
    "content_path": "contentPath",
    "index_path": "indexPath",
}
"""For operators: nobody else may see or choose where data lies."""

ARGUMENTS = {"name": "name", **PATHS, "requested_state": "requestedState"}
VERSIONED = ("name", "requestedState", *PATHS.values())
DIRECTORIES = {
    "base_directory": "baseDirectory",
    "content_base_directory": "contentBaseDirectory",
    "index_base_directory": "indexBaseDirectory",
}
AUTO_CREATION = ("sizeThreshold", *DIRECTORIES.values())


class StoreQuery(Paging):
    """Which stores, and how much of them."""

    include_size = Flag("Also their sizes, which takes longer.", load_default=False)


StorePage = page_of(StoreSchema)


def view(row: dict[str, Any]) -> dict[str, Any]:
    """Return a store as the caller may see it."""
    hidden = () if caller().principal.is_operator else PATHS.values()
    store = shown(StoreSchema, row)
    return {name: value for name, value in store.items() if name not in hidden}


def page_shape(found: Operation) -> dict[str, Any]:
    """Return all stores."""
    rows = rows_of(found.steps[-1].result, "id")
    return {"items": [view(row) for row in rows], "nextCursor": None}


def created_shape(found: Operation) -> dict[str, Any]:
    """Return the store that has just been made: the one in the directory that we derived."""
    own = str(found.context["directory"]).rpartition("\\")[2]
    rows = rows_of(found.steps[-1].result, "id")
    return view(_last([row for row in rows if own in str(row.get("databasePath"))]))


def attached_shape(found: Operation) -> dict[str, Any]:
    """Return the store that was not listed before."""
    before = {row["id"] for row in rows_of(found.steps[0].result, "id")}
    rows = rows_of(found.steps[-1].result, "id")
    return view(_last([row for row in rows if row["id"] not in before]))


def created(found: Operation) -> Response:
    """Answer with the store that was made or attached."""
    return located(answer(found, 201), "id", f"/instances/{found.instance}/stores")


def _last(rows: list[dict[str, Any]]) -> dict[str, Any]:
    if not rows:
        raise NotFound
    return rows[-1]


def one_shape(found: Operation) -> dict[str, Any]:
    """Return the store that was asked for."""
    return view(subject(found))


def detached_shape(found: Operation) -> dict[str, Any]:
    """Return what was detached, and that its data remains."""
    row = subject(found)
    where = {"databasePath": row.get("databasePath")} if caller().principal.is_operator else {}
    return {"id": row["id"], "name": row.get("name"), "dataRemains": True, **where}


def auto_creation_shape(found: Operation) -> dict[str, Any]:
    """Return when SPE makes new stores; where, for operators only."""
    row = object_of(found.steps[-1].result)
    hidden = () if caller().principal.is_operator else DIRECTORIES.values()
    known = shown(StoreAutoCreationSchema, row)
    return {name: value for name, value in known.items() if name not in hidden}


def about(store: int) -> dict[str, Any]:
    """Return the context of an operation on one store."""
    return versioned(GET_STORES, VERSIONED, ("id", store))


def changes(body: dict[str, Any], store: int) -> list[Invocation]:
    """Return the commands of a patch; a store is disabled before its path is set."""
    wishes = []
    if "name" in body:
        wishes.append(Invocation(RENAME_STORE, {"id": store, "name": body["name"]}))
    paths = named(PATHS, body)
    moved = [Invocation(SET_STORE_PATH, {"id": store, **paths}, prepare="require-free-path")]
    state = body.get("requested_state")
    set_state = {"id": store, "requestedState": state}
    stated = [Invocation(SET_STORE_REQUESTED_STATE, set_state)] if state else []
    moved = moved if paths else []
    return [*wishes, *(stated + moved if state == "disabled" else moved + stated)]


def require_database_path(body: dict[str, Any]) -> None:
    """Refuse the path of a part without the path of the database, which SPE demands.

    Raises:
        InvalidInput: it is missing.
    """
    if PATHS.keys() & body.keys() and "database_path" not in body:
        fault = InputFault("/databasePath", "REQUIRED", "This is needed with another path.")
        raise InvalidInput([fault])


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
    @blp.response(200, StorePage, headers={"Link": "Link"})
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
        reply=created,
    )
    @validates(blp)
    @blp.arguments(StoreCreateSchema, example={"name": "2026"})
    @blp.response(201, StoreSchema, headers={"Location": "Location"})
    def post(self, body: dict[str, Any], instance: str) -> Response:
        """Create an archive store; its directory is derived."""
        directory = store_path()
        arguments = {"name": body["name"], "databasePath": directory}
        if "requested_state" in body:
            arguments["requestedState"] = body["requested_state"]
        wishes = [Invocation(CREATE_STORE, arguments), Invocation(GET_STORES)]
        context = {"directory": directory}
        found = services().broker.call(caller(), instance, wishes, context=context)
        return created(found)


@blp.route("/attach")
class StoreAttachment(MethodView):
    """Stores that lie on disk already."""

    @operation(
        blp,
        "attachStore",
        permission=Permission.STORES_PATHS,
        commands=(GET_STORES, ATTACH_STORE),
        asynchronous=True,
        errors=(409,),
        shape=attached_shape,
        reply=created,
    )
    @validates(blp)
    @blp.arguments(StoreAttachSchema, example={"name": "2019", "databasePath": "~\\2019"})
    @blp.response(201, StoreSchema, headers={"Location": "Location"})
    def post(self, body: dict[str, Any], instance: str) -> Response:
        """Attach a store that lies on disk. For operators; no other instance may have it."""
        arguments = named(ARGUMENTS, body)
        services().stores.require_place(caller(), instance, arguments)
        wishes = [
            Invocation(GET_STORES),
            Invocation(ATTACH_STORE, arguments, prepare="require-free-path"),
            Invocation(GET_STORES),
        ]
        found = services().broker.call(caller(), instance, wishes)
        return created(found)


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
    @blp.response(200, StoreSchema, headers={"ETag": "ETag"})
    def get(self, instance: str, store: int) -> Response:
        """Show an archive store."""
        wishes = [Invocation(GET_STORES)]
        return tagged(services().broker.call(caller(), instance, wishes, context=about(store)))

    @operation(
        blp,
        "updateStore",
        permission=Permission.STORES_UPDATE,
        commands=(GET_STORES, RENAME_STORE, SET_STORE_REQUESTED_STATE, SET_STORE_PATH),
        asynchronous=True,
        errors=(409, 412),
        parameters=("IfMatch",),
        shape=one_shape,
    )
    @blp.arguments(StorePatchSchema, example={"requestedState": "writeProtected"})
    @blp.response(200, StoreSchema, headers={"ETag": "ETag"})
    def patch(self, body: dict[str, Any], instance: str, store: int) -> Response:
        """Rename a store, then change its state; the operation's steps say what was done.

        Operators may also say where it lies: `disabled` is set before that, another state
        after it. Nothing is moved on disk.
        """
        require_database_path(body)
        if PATHS.keys() & body.keys():
            arguments = named(PATHS, body)
            services().stores.require_place(caller(), instance, arguments)
        read = Invocation(GET_STORES, check="require-version")
        wishes = [read, *changes(body, store), Invocation(GET_STORES)] if body else [read]
        return tagged(services().broker.call(caller(), instance, wishes, context=about(store)))

    @operation(
        blp,
        "detachStore",
        permission=Permission.STORES_DELETE,
        commands=(GET_STORES, DETACH_STORE),
        asynchronous=True,
        errors=(409, 412),
        parameters=("IfMatch",),
        shape=detached_shape,
    )
    @blp.response(200, StoreDetachmentSchema)
    def delete(self, instance: str, store: int) -> Response:
        """Detach a store: the instance forgets it, its data stays on disk."""
        wishes = [
            Invocation(GET_STORES, check="require-version"),
            Invocation(DETACH_STORE, {"id": store}),
        ]
        return answer(services().broker.call(caller(), instance, wishes, context=about(store)))


@blp.route("/auto-create")
class StoreAutoCreation(MethodView):
    """When SPE makes new stores by itself."""

    @operation(
        blp,
        "getStoreAutoCreation",
        permission=Permission.STORES_READ,
        commands=(GET_STORE_AUTO_CREATE_CONFIGURATION,),
        asynchronous=True,
        errors=(409,),
        shape=auto_creation_shape,
    )
    @blp.response(200, StoreAutoCreationSchema, headers={"ETag": "ETag"})
    def get(self, instance: str) -> Response:
        """Show when SPE makes a new store by itself."""
        context = versioned(GET_STORE_AUTO_CREATE_CONFIGURATION, AUTO_CREATION)
        wish = Invocation(GET_STORE_AUTO_CREATE_CONFIGURATION)
        return tagged(services().broker.call(caller(), instance, [wish], context=context))

    @operation(
        blp,
        "setStoreAutoCreation",
        permission=Permission.STORES_UPDATE,
        commands=(GET_STORE_AUTO_CREATE_CONFIGURATION, SET_STORE_AUTO_CREATE_CONFIGURATION),
        asynchronous=True,
        errors=(409, 412),
        parameters=("IfMatch",),
        shape=auto_creation_shape,
    )
    @blp.arguments(StoreAutoCreationSchema, example={"sizeThreshold": None})
    @blp.response(200, StoreAutoCreationSchema, headers={"ETag": "ETag"})
    def put(self, body: dict[str, Any], instance: str) -> Response:
        """Change when SPE makes a new store; directories that are left out stay."""
        directories = {DIRECTORIES[name]: body[name] for name in DIRECTORIES if name in body}
        if directories:
            services().stores.require_place(caller(), instance, directories)
        config = {"sizeThreshold": body["size_threshold"], **directories}
        wishes = [
            Invocation(GET_STORE_AUTO_CREATE_CONFIGURATION),
            Invocation(
                SET_STORE_AUTO_CREATE_CONFIGURATION,
                {"config": config},
                prepare="keep-rest",
            ),
            Invocation(GET_STORE_AUTO_CREATE_CONFIGURATION),
        ]
        context = versioned(GET_STORE_AUTO_CREATE_CONFIGURATION, AUTO_CREATION)
        return tagged(services().broker.call(caller(), instance, wishes, context=context))
