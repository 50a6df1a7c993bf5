"""What is taken from a reply, which may be anything."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.broker.inventory.listed import INSTANCE_ID, LONGEST, listed
from gateway.errors import ReplyInvalid

JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
NAMES = JUNK | st.sampled_from(["acme", "*", "* .running", "ab", "a" * 33, "ACME", "acme\n"])
ROWS = st.lists(st.fixed_dictionaries({}, optional={"instanceID": NAMES, "status": JUNK}))
WRONG: list[object] = [
    "*",
    "* *",
    "",
    "ab",
    "Acme",
    "acme\n",
    "a" * 33,
    "../x",
    None,
    7,
    True,
    ["acme"],
    {},
]


@pytest.mark.parametrize("name", WRONG, ids=repr)
def test_a_row_whose_id_no_instance_can_have_is_left_out_and_counted(name: object) -> None:
    found = listed([{"instanceID": name}, {"instanceID": "acme"}], [])
    assert (set(found.rows), found.ignored) == ({"acme"}, 1)


def test_a_row_without_an_id_is_left_out_and_counted() -> None:
    assert listed([{"status": "running"}], []).ignored == 1


def test_an_instance_that_is_listed_twice_makes_the_whole_answer_invalid() -> None:
    with pytest.raises(ReplyInvalid):
        listed([{"instanceID": "acme", "status": "running"}, {"instanceID": "acme"}], [])


def test_only_known_members_of_the_right_type_are_taken() -> None:
    row = {
        "instanceID": "acme",
        "status": ["running"],
        "alias": "x" * (LONGEST + 1),
        "displayName": {"a": 1},
        "processID": True,
        "startMode": "automatic",
        "startStopError": None,
        "owner": "res_1",
    }
    taken = {"instanceID": "acme", "startMode": "automatic", "startStopError": None}
    assert listed([row], []).rows == {"acme": taken}


def test_a_host_without_a_usable_name_is_left_out() -> None:
    hosts = [{"serverName": name} for name in ("", "h" * 256, "a\r\nb", None, 7, "host1")]
    assert set(listed([], hosts).hosts) == {"host1"}


def test_of_a_host_only_what_it_should_be_is_taken() -> None:
    host = {
        "serverName": "host1",
        "port": "8472",
        "serverCertificate": {"thumbprint": "AB", "more": 1},
        "baseDirectory": "D:\\x",
    }
    assert listed([], [host]).hosts["host1"] == {"serverName": "host1", "baseDirectory": "D:\\x"}
    fit = host | {"port": 8472, "serverCertificate": {"thumbprint": "AB"}}
    assert listed([], [fit]).hosts["host1"] == fit


@settings(max_examples=40)
@given(rows=ROWS, hosts=st.lists(st.dictionaries(st.just("serverName"), JUNK)))
def test_whatever_is_listed_only_instances_come_of_it(
    rows: list[dict[str, Any]], hosts: list[dict[str, Any]]
) -> None:
    try:
        found = listed(rows, hosts)
    except ReplyInvalid:
        return
    assert all(INSTANCE_ID.fullmatch(name) for name in found.rows)
    assert len(found.rows) + found.ignored == len(rows)
    for row in found.rows.values():
        assert all(value is None or isinstance(value, str) for value in row.values())
