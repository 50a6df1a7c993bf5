"""Quotas under races, failures and crashes: exactly as many as there may be, given back once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from gateway.broker import admission
from gateway.broker.admission import QuotaExceeded
from gateway.broker.creation import NewInstance
from gateway.broker.engine.plan import Invocation
from gateway.broker.operations import Operations
from gateway.broker.resolution import Word
from gateway.model import Instance, Operation, OperationStatus, Reseller, Resource
from gateway.spe.commands.stores import DETACH_STORE, GET_STORES, VERIFY_STORE
from gateway.spe.commands.users import DELETE_USER, GET_USERS
from gateway.tenancy.caller import Validated
from tests.broker.quota_scene import call, limit, opened_by, planted, store, used, user
from tests.core import Core, until
from tests.simulated import Control

RACERS = 50
LIMIT = 5
VERIFY = Invocation(VERIFY_STORE, {"id": 1, "includeIndexes": False})


def create(core: Core, owner: Reseller, name: str = "acme", **values: Any) -> Operation:  # noqa: ANN401 - members
    new = NewInstance(**({"instance_id": name, "display_name": name, "start": False} | values))
    return core.instances.create(core.caller("createInstance", reseller=owner), new)


def race(work: Any, number: int = RACERS) -> list[Any]:  # noqa: ANN401 - results and refusals
    """Do something many times at once, and return the results or the refusals."""
    start = Barrier(number)

    def one(index: int) -> object:
        start.wait()
        try:
            return work(index)
        except QuotaExceeded as refusal:
            return refusal

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(one, range(number)))


def refused(found: list[Any]) -> int:
    return sum(isinstance(one, QuotaExceeded) for one in found)


def test_of_many_creates_at_once_exactly_as_many_are_made_as_may_be(
    core: Core, control: Control, owner: Reseller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the early look: the transaction alone decides."""
    monkeypatch.setattr(admission, "foresee", lambda *_: None)
    limit(core, owner, instances=LIMIT)
    found = race(lambda n: create(core, owner, f"acme-{n}"))
    assert refused(found) == RACERS - LIMIT
    assert len(control.state()["instances"]) == LIMIT
    assert used(core, owner, "instances") == LIMIT
    with pytest.raises(QuotaExceeded) as refusal:
        create(core, owner, "one-more")
    assert (refusal.value.used, refusal.value.pool.limit) == (LIMIT, LIMIT)


def test_of_many_users_at_once_in_many_instances_exactly_as_many_are_made_as_may_be(
    core: Core, control: Control, owner: Reseller
) -> None:
    made = [planted(core, control, owner, f"acme-{n}") for n in range(10)]
    limit(core, owner, users=LIMIT)
    found = race(lambda n: call(core, made[n], user(f"u{n}")), len(made))
    assert refused(found) == len(made) - LIMIT
    assert used(core, owner, "users") == LIMIT


def test_what_is_refused_is_not_sent_and_leaves_nothing(
    core: Core, control: Control, owner: Reseller
) -> None:
    limit(core, owner, users=1)
    two = [{"userName": name, "privileges": ["login"]} for name in ("jane", "joe")]
    with pytest.raises(QuotaExceeded):
        create(core, owner, start=True, archive_admin=True, users=two)
    assert control.journal() == []
    assert core.rows() == 0
    assert [used(core, owner, each) for each in Resource] == [0, 0, 0, 0]
    assert create(core, owner).status is OperationStatus.SUCCEEDED


@pytest.mark.parametrize("resource", ["instances", "concurrentOperations"])
def test_none_is_none(core: Core, control: Control, owner: Reseller, resource: str) -> None:
    limit(core, owner, **{resource: 0})
    with pytest.raises(QuotaExceeded):
        create(core, owner)
    assert control.journal() == []


def test_those_below_share_the_limits_above(core: Core, owner: Reseller) -> None:
    left, right = core.reseller("Left", owner), core.reseller("Right", owner)
    limit(core, owner, instances=2)
    limit(core, right, instances=9)
    create(core, left, "one")
    create(core, right, "two")
    with pytest.raises(QuotaExceeded) as refusal:
        create(core, right, "three")
    assert refusal.value.pool.reseller == owner.id


def test_below_a_lifted_limit_nothing_counts_above(core: Core, owner: Reseller) -> None:
    free = core.reseller("Free", owner)
    below = core.reseller("Below", free)
    limit(core, owner, instances=1)
    limit(core, free, instances=None)
    for number in range(3):
        create(core, below, f"acme-{number}")
    create(core, owner, "own")
    assert [used(core, each, "instances") for each in (owner, free, below)] == [1, 3, 3]


def test_a_failed_create_gives_back_all_that_it_had_taken(
    core: Core, control: Control, owner: Reseller
) -> None:
    limit(core, owner, instances=1, users=1, stores=1)
    inside: dict[str, Any] = {
        "start": True,
        "archive_admin": True,
        "store": "Mail",
        "users": [{"userName": "jane", "privileges": ["login"]}],
    }
    control.fault("failed", "CreateInstance")
    assert create(core, owner, **inside).status is OperationStatus.FAILED
    assert [used(core, owner, each) for each in Resource] == [0, 0, 0, 0]
    assert create(core, owner, **inside).status is OperationStatus.SUCCEEDED
    assert [used(core, owner, each) for each in Resource] == [1, 1, 1, 0]


def test_of_what_is_half_made_the_half_counts(core: Core, owner: Reseller) -> None:
    users = [{"userName": name, "privileges": ["login"]} for name in ("a", "a", "c")]
    made = create(core, owner, start=True, archive_admin=True, store="Mail", users=users)
    assert made.status is OperationStatus.FAILED
    assert [used(core, owner, each) for each in Resource] == [1, 1, 1, 0]


def test_days_of_grace_count_and_what_is_purged_does_not(core: Core, owner: Reseller) -> None:
    limit(core, owner, instances=1)
    made = core.instance(str(create(core, owner).instance))
    core.instances.delete(core.caller("deleteInstance"), made.id)
    with pytest.raises(QuotaExceeded):
        create(core, owner, "other")
    purge = core.caller("purgeInstance")
    core.instances.purge(purge, made.id, made.instance_id, checked=True)
    assert create(core, owner, "other").status is OperationStatus.SUCCEEDED


JOE = Invocation(DELETE_USER, {"userName": "joe"})
MORE = Invocation(DETACH_STORE, {"id": 2})


@pytest.mark.parametrize(
    ("resource", "wishes"),
    [
        ("users", (user("joe"), JOE, user("joe"))),
        ("stores", (store("More"), MORE, store("Other"))),
    ],
    ids=["users", "stores"],
)
def test_what_is_removed_makes_room(
    core: Core,
    control: Control,
    owner: Reseller,
    resource: str,
    wishes: tuple[Invocation, ...],
) -> None:
    make, remove, again = wishes
    acme = planted(core, control, owner)
    limit(core, owner, **{resource: 1})
    assert call(core, acme, make).status is OperationStatus.SUCCEEDED
    with pytest.raises(QuotaExceeded):
        call(core, acme, make)
    control.fault("failed", remove.command.name, count=1)
    assert call(core, acme, remove).status is OperationStatus.FAILED
    assert used(core, owner, resource) == 1
    assert call(core, acme, remove).status is OperationStatus.SUCCEEDED
    assert used(core, owner, resource) == 0
    assert call(core, acme, again).status is OperationStatus.SUCCEEDED


def test_so_many_operations_run_at_once_and_no_more(
    core: Core, control: Control, owner: Reseller
) -> None:
    control.pause()
    acme = planted(core, control, owner)
    limit(core, owner, concurrentOperations=2)
    runs = [call(core, acme, VERIFY, wait=0) for _ in range(2)]
    with pytest.raises(QuotaExceeded) as refusal:
        call(core, acme, VERIFY, wait=0)
    assert refusal.value.retryable
    assert call(core, acme, Invocation(GET_STORES)).steps[0].result
    control.resume()
    control.advance(3600)
    until(lambda: core.finished(runs[0].id, control).status.is_final)
    assert not call(core, acme, VERIFY, wait=0).status.is_final


def test_what_is_cancelled_before_it_is_made_is_given_back(
    core: Core, control: Control, owner: Reseller
) -> None:
    acme = planted(core, control, owner)
    opened = opened_by(core, acme, user("joe"), user("jim"))
    assert used(core, owner, "users") == 2
    caller = core.caller("cancelOperation")
    Operations(core.broker).cancel(caller, opened.id)
    core.ledger.release(opened)
    assert core.finished(opened.id).status is OperationStatus.CANCELLED
    assert used(core, owner, "users") == 0


def test_a_crash_between_intent_and_outcome_settles_once(
    core: Core, other: Core, control: Control, owner: Reseller
) -> None:
    acme = planted(core, control, owner)
    limit(core, owner, users=2)
    opened = opened_by(core, acme, user("joe"), user("jane"))  # jane is there already
    assert used(core, owner, "users") == 2
    core.ledger.release(opened)
    assert other.finished(opened.id).status is OperationStatus.FAILED
    assert used(core, owner, "users") == 1
    assert core.claim(opened.id) is None
    assert used(core, owner, "users") == 1


def unknown(core: Core, instance: Instance, wish: Invocation) -> Operation:
    """Begin something, crash, and find it past its deadline: nobody knows what came of it."""
    opened = opened_by(core, instance, wish)
    opened.steps[0].attempts = 1
    core.ledger.save(opened)
    core.ledger.release(opened)
    with core.late():
        ended = core.finished(opened.id)
    assert ended.status is OperationStatus.UNKNOWN
    return ended


@pytest.mark.parametrize(("word", "left"), [("failed", 0), ("succeeded", 1)])
def test_unknown_keeps_what_it_took_until_a_person_says_what_came_of_it(
    core: Core, control: Control, owner: Reseller, word: str, left: int
) -> None:
    acme = planted(core, control, owner)
    ended = unknown(core, acme, user("joe"))
    assert used(core, owner, "users") == 1
    with core.late(80):
        said = Word(OperationStatus(word), "looked")
        Operations(core.broker).resolve(core.caller("resolveOperation"), ended.id, said)
    assert used(core, owner, "users") == left


def test_what_was_seen_meanwhile_counts_more_than_a_persons_word(
    core: Core, control: Control, owner: Reseller
) -> None:
    acme = planted(core, control, owner)
    ended = unknown(core, acme, user("joe"))
    with core.late(80):
        call(core, acme, Invocation(GET_USERS))
        assert used(core, owner, "users") == 1  # jane, and no joe
        said = Word(OperationStatus.FAILED, "looked")
        Operations(core.broker).resolve(core.caller("resolveOperation"), ended.id, said)
    assert used(core, owner, "users") == 1


@pytest.mark.parametrize("room", [0, 1])
def test_a_trial_tells_and_takes_nothing(
    core: Core, control: Control, owner: Reseller, room: int
) -> None:
    limit(core, owner, instances=room)
    caller = core.caller("createInstance", reseller=owner)
    caller.validate_only = True
    before = len(core.audit())
    with pytest.raises(Validated if room else QuotaExceeded):
        core.instances.create(caller, NewInstance("acme", "Acme"))
    assert "CreateInstance" not in control.commands()
    assert core.rows() == 0
    assert len(core.audit()) == before
    assert used(core, owner, "instances") == 0
    if room:
        assert create(core, owner).status is OperationStatus.SUCCEEDED


def test_who_gets_an_instance_needs_room_for_all_that_it_holds(
    core: Core, control: Control, owner: Reseller
) -> None:
    taker = core.reseller("Taker", owner)
    acme = planted(core, control, owner)
    call(core, acme, user("joe"))
    limit(core, owner, instances=1, users=1)

    def give() -> None:
        with core.database.write() as connection:
            admission.admit_transfer(connection, core.instance(acme.id), taker)

    give()  # the limits above both count it already
    for limits in ({"instances": 0}, {"users": 0}):
        limit(core, taker, **limits)
        with pytest.raises(QuotaExceeded):
            give()
    limit(core, taker, instances=1, users=1)
    give()
