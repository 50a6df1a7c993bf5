"""The rules of placement and the order of what fits, over drawn fleets."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.access.principal import Principal
from gateway.broker.engine.plan import Invocation
from gateway.broker.placement.explanation import Choice, NoPlacement, Verdict, reasons_told, told
from gateway.broker.placement.hosts import Premises, lodging, reason_of
from gateway.broker.placement.placement import Placement
from gateway.broker.placement.rules import RULES, Candidate, Code, rank, reasons_against
from gateway.broker.placement.survey import Answer
from gateway.broker.placement.wish import AntiAffinity, Scope, Wish
from gateway.model import Deployment, Reach, now
from gateway.spe.commands.instances import CREATE_INSTANCE
from gateway.spe.commands.users import CREATE_USER
from tests.core import Core

TIME = now()
"""Of all registrations."""

OWN = ("instances", "running", "is_open", "alike")
BASE = "D:\\Data"
IDS = tuple(f"dep_{number}" for number in range(6))
LISTED: dict[str, list[str]] = {"CreateInstance": ["config"], "CreateUser": ["userName"]}
LABELS = st.dictionaries(st.sampled_from(["tier", "city"]), st.sampled_from(["a", "b"]))
OPERATOR = Principal("cli_o", "res_root", Reach("/res_root/"), frozenset(), is_operator=True)
RESELLER = Principal("cli_r", "res_a", Reach("/res_root/res_a/"), frozenset(), is_operator=False)


def deployment(opaque: str, **values: Any) -> Deployment:  # noqa: ANN401 - columns
    """Make a deployment that takes anything."""
    whole: dict[str, Any] = {
        "name": f"name of {opaque}",
        "host": "127.0.0.1",
        "port": 8474,
        "user_name": "admin",
        "pin": None,
        "labels": {},
        "capacity": None,
        "instance_base_directory": BASE,
        "instance_url": None,
        "cordoned": False,
        "version": None,
        "commands": {},
        "last_contact_time": None,
        "revision": 1,
        "create_time": TIME,
        "update_time": TIME,
    }
    return Deployment(opaque, **(whole | values))


def candidate(
    opaque: str = "dep_0",
    **values: Any,  # noqa: ANN401 - members and columns
) -> Candidate:
    """Make a candidate, from members of its own and columns of its deployment."""
    own = {name: values.pop(name) for name in OWN if name in values}
    return Candidate(deployment(opaque, **values), **own)


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    """Draw a fleet."""
    return [
        candidate(
            opaque,
            labels=draw(LABELS),
            capacity=draw(st.none() | st.integers(0, 4)),
            instances=(number := draw(st.integers(0, 4))),
            running=draw(st.integers(0, number)),
            is_open=draw(st.booleans() | st.just(value=True)),
            alike=draw(st.dictionaries(st.sampled_from(["host1", "host2"]), st.just(1))),
            cordoned=draw(st.sampled_from([False, False, True])),
            drained=draw(st.sampled_from([False, False, True])),
            quarantine=draw(st.sampled_from([None, None, {"sha256": "00"}])),
            commands=draw(st.sampled_from([{}, LISTED, {"CreateInstance": ["config"]}])),
        )
        for opaque in draw(st.lists(st.sampled_from(IDS), unique=True, max_size=6))
    ]


WISHES = st.builds(
    Wish,
    deployment=st.none() | st.sampled_from(IDS),
    labels=LABELS,
    anti_affinity=st.none()
    | st.builds(
        AntiAffinity, st.just("customer"), st.just("acme"), st.sampled_from(Scope), st.booleans()
    ),
    needed=st.sampled_from([(), (Invocation(CREATE_INSTANCE), Invocation(CREATE_USER))]),
)
FLEETS = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Everywhere:
    """A survey of deployments that all have the same two hosts."""

    rows = ({"serverName": "host1", "baseDirectory": BASE}, {"serverName": "HOST2"})

    def answers(self, candidates: Sequence[Candidate]) -> Iterator[tuple[Candidate, Answer]]:
        """Yield the hosts of each."""
        for each in candidates:
            yield each, [dict(row) for row in self.rows]


def found(core: Core, fleet: Sequence[Candidate], wish: Wish) -> Choice | NoPlacement:
    """Return what is chosen, or the refusal."""
    placement = Placement(core.database, Everywhere())  # type: ignore[arg-type] # asks for hosts only
    try:
        return placement.among(fleet, wish)
    except NoPlacement as refusal:
        return refusal


def verdicts(outcome: Choice | NoPlacement) -> Sequence[Verdict]:
    return outcome.not_taken if isinstance(outcome, Choice) else outcome.verdicts


def fits(one: Candidate, wish: Wish) -> bool:
    """Say in one expression of the tests' own what the rules say one by one."""
    place, apart = one.deployment, wish.anti_affinity
    taken = set(one.alike) if apart and apart.is_required else set()
    needed = {each.command.name for each in wish.needed}
    return (
        one.is_open
        and not (place.cordoned or place.drained or place.quarantine)
        and (place.capacity is None or one.instances < place.capacity)
        and wish.deployment in {None, place.id}
        and wish.labels.items() <= place.labels.items()
        and (not place.commands or needed <= place.commands.keys())
        and (not taken if apart and apart.scope is Scope.DEPLOYMENT else len(taken) < 2)
    )


@FLEETS
@given(candidates(), WISHES)
def test_what_is_chosen_fits_every_wish_and_nothing_that_fits_is_refused(
    core: Core, fleet: list[Candidate], wish: Wish
) -> None:
    outcome = found(core, fleet, wish)
    if isinstance(outcome, Choice):
        assert fits(outcome.candidate, wish)
        assert not reasons_against(outcome.candidate, wish)
    else:
        assert not any(fits(each, wish) for each in fleet)


@FLEETS
@given(candidates(), WISHES)
def test_every_other_deployment_is_explained_exactly_once(
    core: Core, fleet: list[Candidate], wish: Wish
) -> None:
    outcome = found(core, fleet, wish)
    told_of = [each.candidate.deployment.id for each in verdicts(outcome)]
    taken = [outcome.candidate.deployment.id] if isinstance(outcome, Choice) else []
    assert sorted([*told_of, *taken]) == sorted(each.deployment.id for each in fleet)
    assert all(each.reasons and each.reasons[0].detail for each in verdicts(outcome))


@FLEETS
@given(candidates(), WISHES, st.randoms(use_true_random=False))
def test_the_order_of_the_registry_changes_nothing(
    core: Core, fleet: list[Candidate], wish: Wish, random: Random
) -> None:
    shuffled = random.sample(fleet, len(fleet))
    before, after = (found(core, each, wish) for each in (fleet, shuffled))
    assert shown(before, OPERATOR) == shown(after, OPERATOR)


@FLEETS
@given(candidates(), WISHES, st.sampled_from(["cordoned", "drained", "capacity"]))
def test_one_more_that_does_not_fit_changes_nothing(
    core: Core, fleet: list[Candidate], wish: Wish, flaw: str
) -> None:
    unfit = candidate("dep_0unfit", **{flaw: flaw != "capacity"})
    before, after = (found(core, each, wish) for each in (fleet, [unfit, *fleet]))
    assert type(before) is type(after)
    if isinstance(before, Choice) and isinstance(after, Choice):
        assert before.spot == after.spot


@FLEETS
@given(candidates(), WISHES)
def test_a_reseller_is_told_the_same_whether_there_are_others_or_not(
    core: Core, fleet: list[Candidate], wish: Wish
) -> None:
    """Deployments that are not open to it leave no trace: neither in the choice nor in a reason."""
    own = [each for each in fleet if each.is_open]
    assert shown(found(core, fleet, wish), RESELLER) == shown(found(core, own, wish), RESELLER)


def shown(outcome: Choice | NoPlacement, principal: Principal) -> object:
    if isinstance(outcome, Choice):
        return told(outcome, principal)
    return [outcome.detail, reasons_told(outcome.verdicts, principal)]


APART = AntiAffinity("customer", "acme")
NEEDED = (Invocation(CREATE_INSTANCE), Invocation(CREATE_USER))
CASES: dict[Code, tuple[Candidate, Wish]] = {
    Code.NOT_REQUESTED: (candidate(), Wish("dep_1")),
    Code.NOT_OPEN: (candidate(is_open=False), Wish()),
    Code.CORDONED: (candidate(cordoned=True), Wish()),
    Code.DRAINED: (candidate(drained=True), Wish()),
    Code.QUARANTINED: (candidate(quarantine={"sha256": "00"}), Wish()),
    Code.FULL: (candidate(capacity=1, instances=1), Wish()),
    Code.LABELS_MISSING: (candidate(labels={"tier": "a"}), Wish(labels={"tier": "b"})),
    Code.COMMANDS_MISSING: (
        candidate(commands={"CreateInstance": ["config"]}),
        Wish(needed=NEEDED),
    ),
    Code.ANTI_AFFINITY: (candidate(alike={"host1": 1}), Wish(anti_affinity=APART)),
}


def test_every_rule_has_a_case() -> None:
    assert CASES.keys() == RULES.keys()


@pytest.mark.parametrize("code", CASES, ids=str)
def test_each_rule_alone_keeps_an_instance_away(code: Code) -> None:
    one, wish = CASES[code]
    [reason] = reasons_against(one, wish)
    assert reason.code is code
    assert reason.detail.endswith(".")
    assert reasons_against(candidate(), Wish(needed=NEEDED)) == ()


def test_all_reasons_are_told_in_the_order_of_the_rules() -> None:
    one = candidate(cordoned=True, drained=True, capacity=0)
    codes = [reason.code for reason in reasons_against(one, Wish("dep_9"))]
    assert codes == [Code.NOT_REQUESTED, Code.CORDONED, Code.DRAINED, Code.FULL]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"capacity": 10, "instances": 4}, {"capacity": 4, "instances": 3}),
        ({"instances": 9, "running": 1}, {"instances": 2, "running": 2}),
        ({"instances": 2, "running": 1}, {"instances": 3, "running": 1}),
        ({}, {}),
    ],
    ids=["share", "running", "number", "id"],
)
def test_the_emptier_one_comes_first(better: dict[str, int], worse: dict[str, int]) -> None:
    first, second = candidate("dep_1", **better), candidate("dep_2", **worse)
    assert rank(first, Wish()) < rank(second, Wish())


def test_what_is_preferred_apart_goes_beside_only_where_there_is_nothing_else(core: Core) -> None:
    wish = Wish(anti_affinity=replace(APART, is_required=False))
    beside, full = candidate("dep_1", alike={"host1": 1}), candidate("dep_2", instances=3)
    for fleet, place in (([beside, full], "dep_2"), ([beside], "dep_1")):
        outcome = found(core, fleet, wish)
        assert isinstance(outcome, Choice)
        assert outcome.candidate.deployment.id == place


ROWS = [{"serverName": "host1", "baseDirectory": BASE}, {"serverName": "Host2"}]


def test_hosts_are_judged_each_by_its_own_reasons() -> None:
    bare = candidate(instance_base_directory=None)
    looked = lodging(bare, ROWS, Premises(frozenset({"host1"})), Wish())
    assert looked.spot is None
    assert [(each.name, [r.code for r in each.reasons]) for each in looked.not_taken] == [
        ("Host2", [Code.NO_BASE_DIRECTORY]),
        ("host1", [Code.CORDONED]),
    ]
    assert reason_of(looked).code is Code.NO_HOST
    assert "instanceBaseDirectory" in reason_of(looked).detail


@pytest.mark.parametrize(("required", "taken"), [(True, "Host2"), (False, "Host2")])
def test_a_host_apart_is_taken(required: bool, taken: str) -> None:  # noqa: FBT001 - a case
    wish = Wish(anti_affinity=AntiAffinity("customer", "acme", Scope.HOST, required))
    one = candidate(alike={"host1": 1})
    looked = lodging(one, ROWS, Premises(instances={"host2": 7}), wish)
    assert looked.spot is not None
    assert looked.spot.host == taken


def test_hosts_that_are_all_beside_leave_the_wish_as_the_reason() -> None:
    wish = Wish(anti_affinity=AntiAffinity("customer", "acme", Scope.HOST))
    one = candidate(alike={"host1": 1, "host2": 1})
    looked = lodging(one, ROWS, Premises(), wish)
    assert looked.spot is None
    assert reason_of(looked).code is Code.ANTI_AFFINITY


def test_a_reseller_hears_no_names_no_figures_and_no_business_of_the_operators() -> None:
    secret = replace(candidate(cordoned=True, capacity=1, instances=1, running=1))
    verdict = Verdict(secret, reasons_against(secret, Wish()))
    [said] = reasons_told([verdict], RESELLER)
    assert said.keys() == {"deployment", "reasons"}
    assert [each["code"] for each in said["reasons"]] == ["FULL", "UNAVAILABLE"]
    [whole] = reasons_told([verdict], OPERATOR)
    assert [each["code"] for each in whole["reasons"]] == ["CORDONED", "FULL"]
    assert (whole["deploymentName"], whole["running"]) == ("name of dep_0", 1)
