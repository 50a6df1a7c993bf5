"""What is done to archive stores: a table of verbs, one route each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.errors import InputFault, InvalidInput
from gateway.model import Operation
from gateway.resources.store_schemas import (
    StoreMergeSchema,
    StoreRecoverySchema,
    StoreRunSchema,
    StoreTransferSchema,
    StoreUnlockSchema,
    StoreVerificationRequestSchema,
)
from gateway.spe.command import Command
from gateway.spe.commands.stores import (
    COMPACT_STORE,
    MAINTAIN_FILE_SYSTEM_DATABASES,
    MERGE_STORE,
    RECOVER_STORE,
    RECREATE_RECOVERY_RECORDS,
    REFRESH_ALL_STORE_STATISTICS,
    REPAIR_STORE_DATABASE,
    RETRY_OPEN_STORES,
    TRANSFER_STORES,
    UNLOCK_STORE,
    UPGRADE_STORE,
    UPGRADE_STORES,
    VERIFY_STORE,
    VERIFY_STORES,
)
from gateway.web.api import Blueprint
from gateway.web.door import answer, named, services
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Schema
from gateway.web.validation import validates

blp = Blueprint(
    "store-actions", __name__, description=__doc__, url_prefix="/instances/<ins:instance>/stores"
)

Values = dict[str, Any]


@dataclass(frozen=True)
class Action:
    """A verb.

    Args:
        verb: its word in the path.
        name: its operationId.
        command: what it sends.
        summary: its sentence.
        body: the schema of its arguments, if it has any.
        example: such a body.
        arguments: turns a body into the command's arguments.
    """

    verb: str
    name: str
    command: Command
    summary: str
    body: type[Schema] | None = None
    example: Values = field(default_factory=dict)
    arguments: Callable[[Values], Values] = dict


def _verification(body: Values) -> Values:
    return {"includeIndexes": body["include_indexes"]}


def _recovery(body: Values) -> Values:
    names = {
        "encryption_key": "encryptionKey",
        "recover_deleted_messages": "recoverDeletedMessages",
    }
    return named(names, body)


def _merge(body: Values) -> Values:
    return {"sourceId": body["source_id"]}


def _transfer(body: Values) -> Values:
    names = {"target_store": "targetStore", "start_index": "startIndex"}
    rest = {names[name]: body[name] for name in names if name in body}
    return {"sourceStores": [str(number) for number in body["source_stores"]], **rest}


ONE = (
    Action("compact", "compactStore", COMPACT_STORE, "Optimise the files of an archive store."),
    Action(
        "verify",
        "verifyStore",
        VERIFY_STORE,
        "Verify the consistency of an archive store.",
        StoreVerificationRequestSchema,
        {"includeIndexes": True},
        _verification,
    ),
    Action("repair", "repairStore", REPAIR_STORE_DATABASE, "Repair the database of a store."),
    Action("upgrade", "upgradeStore", UPGRADE_STORE, "Upgrade a store to the current format."),
    Action(
        "unlock",
        "unlockStore",
        UNLOCK_STORE,
        "Unlock a store with the passphrase of its recovery key.",
        StoreUnlockSchema,
        {"passphrase": "the passphrase of the recovery key"},
    ),
    Action(
        "recover",
        "recoverStore",
        RECOVER_STORE,
        "Recover a disabled or broken store from its recovery records.",
        StoreRecoverySchema,
        {"recoverDeletedMessages": False},
        _recovery,
    ),
    Action(
        "recreate-recovery-records",
        "recreateRecoveryRecords",
        RECREATE_RECOVERY_RECORDS,
        "Write the recovery records of a store anew.",
    ),
    Action(
        "merge",
        "mergeStore",
        MERGE_STORE,
        "Move the messages of another store into this one; the other is empty then.",
        StoreMergeSchema,
        {"sourceId": 2},
        _merge,
    ),
)
ALL = (
    Action(
        "verify",
        "verifyStores",
        VERIFY_STORES,
        "Verify the consistency of all archive stores of an instance.",
        StoreVerificationRequestSchema,
        {"includeIndexes": True},
        _verification,
    ),
    Action("upgrade", "upgradeStores", UPGRADE_STORES, "Upgrade all stores to the current format."),
    Action(
        "transfer",
        "transferStores",
        TRANSFER_STORES,
        "Copy the messages of stores into another one.",
        StoreTransferSchema,
        {"sourceStores": [1, 2], "targetStore": 3},
        _transfer,
    ),
    Action("retry-open", "retryOpenStores", RETRY_OPEN_STORES, "Try again to open failed stores."),
    Action(
        "refresh-statistics",
        "refreshStoreStatistics",
        REFRESH_ALL_STORE_STATISTICS,
        "Count the messages of all stores anew.",
    ),
    Action(
        "maintain",
        "maintainStores",
        MAINTAIN_FILE_SYSTEM_DATABASES,
        "Maintain the databases of all stores.",
    ),
)


def run_shape(found: Operation) -> Values:
    """Return the end of the work."""
    return {"finished": True, "log": found.log}


def require_two(store: int, body: Values) -> None:
    """Refuse to work on a store and itself.

    Raises:
        InvalidInput: both are one.
    """
    if body.get("source_id") == store:
        fault = InputFault("/sourceId", "SAME_STORE", "A store cannot be merged with itself.")
        raise InvalidInput([fault])
    if body.get("target_store") in body.get("source_stores", ()):
        fault = InputFault("/targetStore", "SAME_STORE", "The target is one of the sources.")
        raise InvalidInput([fault])


def _run(action: Action, instance: str, body: Values, store: int | None) -> Response:
    require_two(store or 0, body)
    named = {} if store is None else {"id": store}
    wish = Invocation(action.command, named | action.arguments(body))
    return answer(services().broker.call(caller(), instance, [wish]))


def _view(action: Action, view: Callable[..., Response]) -> Any:  # noqa: ANN401 - a decorated view
    """Declare a view as the operation of a verb."""
    view.__name__, view.__doc__ = "post", action.summary
    answered = blp.response(200, StoreRunSchema)(view)
    if action.body is not None:
        answered = blp.arguments(action.body, example=action.example)(answered)
    return operation(
        blp,
        action.name,
        permission=Permission.STORES_RUN,
        commands=(action.command,),
        asynchronous=True,
        errors=(409,),
        shape=run_shape,
    )(validates(blp)(answered))


def _route(action: Action, prefix: str) -> None:
    """Make the route of a verb; a view takes a body only where the verb has one."""

    def bare(_self: MethodView, instance: str, store: int | None = None) -> Response:
        return _run(action, instance, {}, store)

    def full(_self: MethodView, body: Values, instance: str, store: int | None = None) -> Response:
        return _run(action, instance, body, store)

    post = _view(action, full if action.body else bare)
    verb = type("Verb", (MethodView,), {"post": post})
    blp.add_url_rule(f"{prefix}/{action.verb}", action.name, verb)


for _action in ONE:
    _route(_action, "/<number:store>")
for _action in ALL:
    _route(_action, "")
