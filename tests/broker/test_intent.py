"""No audit row, no change: what is committed when a command arrives, and what is left after."""

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.broker.operations import Operations
from gateway.errors import NotFound, PermissionMissing, StorageUnavailable
from gateway.model import Operation, OperationStatus, Reach, StepStatus
from gateway.simulator.server import Simulator
from gateway.spe.commands.stores import GET_STORES, RENAME_STORE, VERIFY_STORE
from gateway.spe.commands.users import CREATE_USER
from gateway.storage import database as storage
from gateway.storage import outbox
from tests.core import Core, until
from tests.simulated import Control

RENAME = Invocation(RENAME_STORE, {"id": 1, "name": "Post"})
CANARY = "CANARY-5d1c"


@pytest.fixture
def arriving(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Look around at the moment at which a command reaches the deployment."""

    def at(command: str, look: Callable[[], None]) -> None:
        real = simulator.server.invoke

        def invoke(name: str, *rest: Any) -> Any:  # noqa: ANN401 - passed on as they came
            if name == command:
                look()
            return real(name, *rest)

        monkeypatch.setattr(simulator.server, "invoke", invoke)

    return at


def test_the_intent_is_committed_before_the_command_arrives(
    core: Core, other: Core, control: Control, arriving: Callable[..., None]
) -> None:
    acme = core.planted(control, "acme")
    seen: list[tuple[Operation, list[str]]] = []

    def look() -> None:
        found = other.operations()[0]
        seen.append((found, other.phases(found.id)))

    arriving("RenameStore", look)
    ended = core.broker.call(core.caller(), acme.id, [RENAME])

    assert ended.status is OperationStatus.SUCCEEDED
    [(found, phases)] = seen
    assert found.id == ended.id
    assert found.steps[0].status is StepStatus.SENDING
    assert phases == ["intent"]
    assert core.phases(ended.id) == ["intent", "outcome"]


def _unwritable(*_: object) -> None:
    raise StorageUnavailable


def test_without_an_audit_row_nothing_is_sent(
    core: Core, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = core.planted(control, "acme")
    monkeypatch.setattr(outbox, "put", _unwritable)
    with pytest.raises(StorageUnavailable):
        core.broker.call(core.caller(), acme.id, [RENAME])
    assert control.journal() == []
    assert core.rows() == 0


def test_with_a_locked_database_nothing_is_sent(
    core: Core, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = core.planted(control, "acme")
    monkeypatch.setattr(storage, "BUSY_SECONDS", 0.05)
    hasty = Core(core.home)
    holder = sqlite3.connect(core.home / "gateway.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailable):
        hasty.broker.call(hasty.caller(), acme.id, [RENAME])
    holder.close()
    hasty.close()
    assert control.journal() == []
    assert core.rows() == 0


def test_a_change_that_is_under_way_is_not_denied_when_the_storage_fails(
    core: Core, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = core.planted(control, "acme")
    monkeypatch.setattr(core.ledger, "wait", _unwritable)
    found = core.broker.call(core.caller(), acme.id, [RENAME])
    assert not found.status.is_final
    until(lambda: core.broker.fetch(found.id).status is OperationStatus.SUCCEEDED)


def test_an_outcome_without_an_audit_row_is_not_committed(
    core: Core, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation = core.opened(core.planted(control, "acme"), RENAME)
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "put", _unwritable)
        with pytest.raises(StorageUnavailable):
            core.runner.drive(operation, core.ledger)
    assert core.broker.fetch(operation.id).status is OperationStatus.RUNNING
    assert core.phases(operation.id) == ["intent"]


@pytest.mark.parametrize("store", [1, 99], ids=["succeeds", "fails"])
def test_a_change_has_an_intent_and_an_outcome(core: Core, control: Control, store: int) -> None:
    acme = core.planted(control, "acme")
    before = len(core.audit())
    wish = Invocation(RENAME_STORE, {"id": store, "name": CANARY})
    ended = core.broker.call(core.caller("renameStore"), acme.id, [wish])
    rows = core.audit()[before:]
    assert [row["phase"] for row in rows] == ["intent", "outcome"]
    assert rows[1]["status"] == ended.status
    assert {row["object"] for row in rows} == {acme.id}
    assert CANARY not in str(rows)


def test_a_refused_change_has_one_row(core: Core, control: Control) -> None:
    acme = core.planted(control, "acme")
    stranger = core.reseller("Stranger")
    update = Permission.STORES_UPDATE
    refusals = {
        PermissionMissing: core.caller("renameStore", update, permissions=frozenset()),
        NotFound: core.caller("renameStore", update, reseller=stranger),
    }
    for refusal, caller in refusals.items():
        before = len(core.audit())
        with pytest.raises(refusal):
            core.broker.call(caller, acme.id, [RENAME])
        assert [row["phase"] for row in core.audit()[before:]] == ["refused"]
    assert control.journal() == []


def test_a_read_leaves_no_row_at_all(core: Core, control: Control) -> None:
    acme = core.planted(control, "acme")
    before = len(core.audit())
    caller = core.caller("listStores", Permission.STORES_READ)
    assert core.broker.call(caller, acme.id, [Invocation(GET_STORES)]).steps[0].result
    nobody = core.caller("listStores", Permission.STORES_READ, permissions=frozenset())
    with pytest.raises(PermissionMissing):
        core.broker.call(nobody, acme.id, [Invocation(GET_STORES)])
    assert len(core.audit()) == before
    assert core.rows() == 0


def test_the_wish_to_cancel_is_audited_once(core: Core, control: Control) -> None:
    acme = core.planted(control, "acme")
    operation = core.opened(acme, Invocation(VERIFY_STORE, {"id": 1, "includeIndexes": False}))
    core.drive(operation)
    before = len(core.audit())
    caller = core.caller("cancelOperation", Permission.OPERATIONS_CANCEL)
    assert Operations(core.broker).cancel(caller, operation.id).status == "cancelling"
    core.finished(operation.id, control)
    Operations(core.broker).cancel(caller, operation.id)
    assert [row["phase"] for row in core.audit()[before:]] == ["done", "outcome"]


def files(core: Core) -> bytes:
    """Return every byte of the database, its write-ahead log included."""
    found = sorted(core.home.glob("gateway.db*"))
    return b"".join(path.read_bytes() for path in found)


def test_secrets_of_a_running_operation_are_nowhere_in_the_files(
    core: Core, control: Control, arriving: Callable[..., None]
) -> None:
    acme = core.planted(control, "acme")
    seen: list[bytes] = []
    arriving("CreateUser", lambda: seen.append(files(core)))
    user = {"userName": "john", "privileges": ["login"], "password": CANARY}
    ended = core.broker.call(core.caller(), acme.id, [Invocation(CREATE_USER, user)])
    assert ended.id.encode() in seen[0]
    assert CANARY.encode() not in seen[0] + files(core)
    assert ended.steps[0].arguments == {}


def test_no_scope_reaches_an_operation_outside_the_tree(core: Core, control: Control) -> None:
    acme = core.planted(control, "acme")
    done = core.broker.call(core.caller(), acme.id, [RENAME])
    stranger = core.caller("getOperation", reseller=core.reseller("Stranger"))
    portal = core.caller("getOperation", reach=Reach(core.root.path, frozenset({"ins_other"})))
    for caller in (stranger, portal):
        with pytest.raises(NotFound):
            Operations(core.broker).look(caller, done.id)
