"""How what is found differs from what we know."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.broker.endings import MISSING
from gateway.broker.inventory import drift
from gateway.model import Instance, InstanceStatus, Reseller, now
from tests.broker.inventory.scene import row_of
from tests.core import fresh_instance

ROOT = Reseller("res_0", "Root", "/res_0/", None, None, None, now(), now())
KNOWN = fresh_instance("acme", "dep_0", ROOT, "alpha-host1")
TEXT = st.text(max_size=20)
COMPARED = ("instanceHost", "baseDirectory", "displayName", "alias")


def test_what_is_as_we_know_it_is_no_drift() -> None:
    assert drift.compared(KNOWN, row_of(KNOWN)) is None
    assert drift.compared(KNOWN, {}) is None


@pytest.mark.parametrize(
    ("member", "found"),
    [
        ("instanceHost", "ALPHA-Host1"),
        ("baseDirectory", KNOWN.base_directory.lower() + "\\"),
        ("alias", ""),
        ("startMode", "disabled"),
        ("status", "stopped"),
        ("processID", None),
    ],
    ids=["host in capitals", "directory with a slash", "alias", "start mode", "status", "process"],
)
def test_what_means_the_same_or_is_not_ours_to_know_is_no_drift(member: str, found: object) -> None:
    assert drift.compared(KNOWN, row_of(KNOWN, **{member: found})) is None


@given(member=st.sampled_from(COMPARED), found=st.none() | TEXT)
def test_a_drift_names_both_sides(member: str, found: str | None) -> None:
    seen = drift.compared(KNOWN, row_of(KNOWN, **{member: found}))
    if seen is not None:
        assert seen.keys() == {member}
        assert seen[member]["found"] == found
        assert seen[member]["known"] != found


@given(row=st.dictionaries(st.sampled_from(COMPARED), st.none() | TEXT))
def test_one_that_becomes_what_was_found_has_no_drift(row: dict[str, Any]) -> None:
    now_so = replace(
        KNOWN,
        instance_host=row.get("instanceHost", KNOWN.instance_host),
        base_directory=row.get("baseDirectory", KNOWN.base_directory),
        display_name=row.get("displayName", KNOWN.display_name),
        alias=row.get("alias", KNOWN.alias),
    )
    assert drift.compared(now_so, row) is None


@pytest.mark.parametrize("status", [InstanceStatus.SUSPENDED, InstanceStatus.DELETED])
def test_what_we_left_stopped_and_disabled_is_expected_to_be_so(status: InstanceStatus) -> None:
    left = replace(KNOWN, status=status)
    seen = drift.compared(left, row_of(KNOWN)) or {}
    assert seen.keys() == {"startMode", "status"}
    assert drift.compared(left, row_of(KNOWN, status="stopped", startMode="disabled")) is None


def test_missing_says_since_when_and_that_stays() -> None:
    time = now()
    first = drift.missing(KNOWN, time, None)
    again = drift.missing(replace(KNOWN, drift=first), time + timedelta(days=1), "other")
    assert first == {"missing": {"since": time.isoformat()}}
    assert again == {"missing": {"since": time.isoformat(), "renamedTo": "other"}}


def test_one_that_was_found_missing_before_is_missing_since_then() -> None:
    time = now()
    gone: Instance = replace(KNOWN, observed=MISSING, observe_time=time)
    assert drift.missing(gone, time + timedelta(days=1), None) == drift.missing(KNOWN, time, None)
