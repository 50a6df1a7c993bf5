"""Each law is broken on purpose once, and the tests that should see it turn red."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import ColumnElement, true
from werkzeug.test import TestResponse

from gateway.access import bounds
from gateway.access.bounds import Lineage
from gateway.access.permissions import Permission
from gateway.access.principal import Principal
from gateway.access.scope import Allowed, Holds, Verdict
from gateway.broker.broker import Broker
from gateway.broker.inventory import listing
from gateway.factory import Gateway
from gateway.model import Instance, Reach
from gateway.spe import encoding
from gateway.storage import clients, instances, operations, resellers
from gateway.storage.generations import Generation, end
from gateway.tenancy.caller import Caller
from gateway.web import hooks
from gateway.web.converters import InstanceId
from tests.personas.model import ABSENT, PERSONAS
from tests.personas.oracle import judge_fresh
from tests.personas.table import TABLE
from tests.personas.test_injection import prove_refused
from tests.personas.test_planted import prove_planted_rows_are_refused
from tests.served import assert_problem
from tests.world import World, world

PERSONA = {persona.name: persona for persona in PERSONAS}


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[World]:
    """A world of its own: what is broken really breaks it."""
    with world(tmp_path / "gateway") as made:
        yield made


def cell(made: World, operation: str, persona: str, owner: str) -> None:
    """Judge one cell of the matrix."""
    judge_fresh(made, TABLE[operation], PERSONA[persona], owner)


def test_a_filter_that_is_passed_through_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Broker.instance

    def raw(broker: Broker, caller: Caller, instance: str, *more: Permission) -> Instance:
        reach = caller.principal.reach
        with broker.database.read() as connection:
            known = instances.page(connection, reach, {}, "", 1).rows[0]
        return replace(found(broker, caller, known.id, *more), instance_id=instance)

    monkeypatch.setattr(InstanceId, "regex", "[^/]+")
    monkeypatch.setattr(InstanceId, "pattern", ".+")
    monkeypatch.setattr(Broker, "instance", raw)
    monkeypatch.setattr(encoding, "is_instance_id", bool)
    with world(tmp_path / "gateway") as broken:
        with pytest.raises(AssertionError):
            prove_refused(broken, TABLE["stopInstance"], "*")
        assert "*" in values_sent(broken)


def values_sent(made: World) -> list[str]:
    """Return the value of every argument that reached a deployment."""
    return [value for entry in made.journal() for _, value in entry["arguments"]]


def test_a_planted_filter_that_is_sent_is_seen(
    broken: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "is_instance_id", bool)
    with pytest.raises(AssertionError):
        prove_planted_rows_are_refused(broken, "*")
    assert "*" in values_sent(broken)


def judge_anew(made: World) -> None:
    """Let nothing count that was kept: a rule that is broken now judged rightly a moment ago."""
    with made.served.gateway.services.database.write() as connection:
        end(connection, Generation)


def test_a_missing_tenant_predicate_is_seen(broken: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def everybodys(_: Reach) -> ColumnElement[bool]:
        return true()

    monkeypatch.setattr(instances, "tenant", everybodys)
    for persona in ("b_admin", "a1_admin", "a_portal"):
        for operation in ("getInstance", "stopInstance", "deleteUser"):
            with pytest.raises(AssertionError):
                cell(broken, operation, persona, "A")


def test_lists_without_a_tenant_predicate_are_seen(
    broken: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken.new_instance("B")
    cell(broken, "listInstances", "a_admin", "root")
    monkeypatch.setattr(instances, "tenant", lambda _: true())
    monkeypatch.setattr(resellers, "few", lambda *_: None)  # its owners' rows alone, for speed
    with pytest.raises(AssertionError):
        cell(broken, "listInstances", "a_admin", "root")


def test_a_missing_permission_check_is_seen(broken: World, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = Holds.verify

    def lenient(rule: Holds, principal: Principal) -> Verdict:
        is_stop = rule.permission is Permission.INSTANCES_OPERATE
        return Allowed() if is_stop else judge(rule, principal)

    monkeypatch.setattr(Holds, "verify", lenient)
    with pytest.raises(AssertionError):
        cell(broken, "stopInstance", "a_reader", "A")
    cell(broken, "deleteInstance", "a_reader", "A")


def test_a_missing_check_of_the_token_is_seen(
    broken: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    principal = broken.served.gateway.authenticate(str(broken.operator.token))
    monkeypatch.setattr(hooks, "bearer_token", lambda _headers: "")
    monkeypatch.setattr(Gateway, "authenticate", lambda *_: principal)
    for persona in ("anonymous", "garbage", "disabled"):
        with pytest.raises(AssertionError):
            cell(broken, "getInstance", persona, "A")


def test_a_list_of_clients_without_a_tenant_predicate_is_seen(
    broken: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell(broken, "getClient", "b_admin", "A")
    monkeypatch.setattr(clients, "reached", lambda _: true())
    for operation in ("getClient", "deleteClient", "listClients"):
        with pytest.raises(AssertionError):
            cell(broken, operation, "b_admin", "A")


def test_an_operation_without_a_tenant_predicate_is_seen(
    broken: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell(broken, "getOperation", "b_admin", "A")
    monkeypatch.setattr(operations, "tenant", lambda _: true())
    with pytest.raises(AssertionError):
        cell(broken, "getOperation", "b_admin", "A")


def test_a_suspension_that_is_ignored_is_seen(
    broken: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = (("getInstance", "S"), ("listInstances", "root"), ("stopInstance", ABSENT))
    for operation, owner in calls:
        cell(broken, operation, "suspended", owner)
    monkeypatch.setattr(Lineage, "is_suspended", property(lambda _: False))
    judge_anew(broken)
    for operation, owner in calls:
        with pytest.raises(AssertionError):
            cell(broken, operation, "suspended", owner)


def test_a_suspension_of_an_ancestor_that_is_ignored_is_seen(
    broken: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def own(lineage: Lineage) -> bool:
        return lineage.own.suspend_time is not None

    monkeypatch.setattr(Lineage, "is_suspended", property(own))
    cell(broken, "getInstance", "suspended", "S")
    with pytest.raises(AssertionError):
        cell(broken, "getInstance", "below_suspended", "S1")


def test_a_suspension_that_is_looked_at_too_late_is_seen(
    broken: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind the look-up: then a foreign object and an own one are told apart."""
    before = broken.served.app.before_request_funcs[None]
    kept = [function for function in before if function is not hooks.refuse_suspended]
    monkeypatch.setitem(broken.served.app.before_request_funcs, None, kept)
    with pytest.raises(AssertionError):
        cell(broken, "getInstance", "suspended", "A")


def test_a_bound_of_an_ancestor_that_is_ignored_is_seen(
    broken: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell(broken, "stopInstance", "bounded", "C1")
    monkeypatch.setattr(bounds, "bound_of", lambda _: frozenset(Permission))
    judge_anew(broken)
    with pytest.raises(AssertionError):
        cell(broken, "stopInstance", "bounded", "C1")


def unguarded_answer(made: World) -> TestResponse:
    """Ask for an instance of one's own, past the contract's check."""
    client = made.served.app.test_client()
    headers = {"Authorization": f"Bearer {made.personas['a_admin'].token}"}
    return client.get("/instances", headers=headers)


def test_the_guard_refuses_what_nobody_authorised(
    broken: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert unguarded_answer(broken).status_code == 200
    monkeypatch.setattr(listing, "permit", lambda *_: None)
    assert_problem(unguarded_answer(broken), 500, "INTERNAL")
    after = broken.served.app.after_request_funcs[None]
    monkeypatch.setitem(
        broken.served.app.after_request_funcs,
        None,
        [function for function in after if function is not hooks.refuse_unguarded],
    )
    with pytest.raises(AssertionError):
        assert_problem(unguarded_answer(broken), 500, "INTERNAL")
