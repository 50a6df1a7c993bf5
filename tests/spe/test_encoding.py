"""Arguments on the wire, byte for byte, and what never gets there."""

import json
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import InvalidInput
from gateway.spe.catalogue import COMMANDS
from gateway.spe.command import (
    INSTANCE_ID,
    Command,
    Effect,
    Evidence,
    Param,
    ParamType,
    Target,
    is_instance_id,
)
from gateway.spe.commands.archive_admin import SET_ARCHIVE_ADMIN_ENABLED
from gateway.spe.commands.environment import PING
from gateway.spe.commands.instances import CREATE_INSTANCE, SET_INSTANCE_CONFIGURATION
from gateway.spe.commands.jobs import CREATE_JOB
from gateway.spe.commands.profiles import CREATE_PROFILE
from gateway.spe.commands.stores import COMPACT_STORE, CREATE_STORE, RENAME_STORE
from gateway.spe.commands.users import CREATE_USER, SET_USER_EMAIL_ADDRESSES, SET_USER_PASSWORD
from gateway.spe.encoding import encode

TAKES_ANYTHING = Command(
    name="Anything",
    target=Target.DEPLOYMENT,
    effect=Effect.READ,
    params=(
        Param("text", ParamType.STRING, required=False),
        Param("number", ParamType.NUMBER, required=False),
        Param("flag", ParamType.BOOL, required=False),
        Param("object", ParamType.JSON, required=False),
        Param("array", ParamType.JSON, required=False, takes_array=True),
        Param("list", ParamType.STRING, required=False, is_list=True),
    ),
    needs_service_provider_access=False,
    evidence=Evidence.NONE_NEEDED,
)
NO_SURROGATES = st.characters(exclude_categories=["Cs"], exclude_characters="\0")


def faults(command: Command, arguments: dict[str, object]) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as caught:
        encode(command, arguments)
    return [(fault.pointer, fault.code) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        ({}, b""),
        ({"text": ""}, b"text="),
        ({"text": "&"}, b"text=%26"),
        ({"text": "="}, b"text=%3D"),
        ({"text": "%"}, b"text=%25"),
        ({"text": "+"}, b"text=%2B"),
        ({"text": " "}, b"text=+"),
        ({"text": "\u00fc"}, b"text=%C3%BC"),
        ({"text": "u\u0308"}, b"text=u%CC%88"),
        ({"text": "\u20ac"}, b"text=%E2%82%AC"),
        ({"text": "\U0001f5c4"}, b"text=%F0%9F%97%84"),
        ({"text": "\r\n\t"}, b"text=%0D%0A%09"),
        ({"text": "\n"}, b"text=%0A"),
        ({"text": "\"'"}, b"text=%22%27"),
        ({"text": "*"}, b"text=%2A"),
        ({"text": "D:\\a b"}, b"text=D%3A%5Ca+b"),
        ({"number": 0}, b"number=0"),
        ({"number": -7}, b"number=-7"),
        ({"number": 2**63 - 1}, b"number=9223372036854775807"),
        ({"flag": False}, b"flag=false"),
        ({"flag": True}, b"flag=true"),
        ({"list": ["a", "b c"]}, b"list=a%2Cb+c"),
        ({"list": ("a",)}, b"list=a"),
        ({"object": {}}, b"object=%7B%7D"),
        ({"object": {"a": [1, 1.5]}}, b"object=%7B%22a%22%3A%5B1%2C1.5%5D%7D"),
        ({"object": {"a": "\u00fc"}}, b"object=%7B%22a%22%3A%22%C3%BC%22%7D"),
        ({"array": [{"a": 1}]}, b"array=%5B%7B%22a%22%3A1%7D%5D"),
        ({"array": {}}, b"array=%7B%7D"),
        ({"number": 1, "text": "a", "flag": None}, b"text=a&number=1"),
    ],
)  # fmt: skip
def test_a_value_is_written_byte_for_byte(arguments: dict[str, object], body: bytes) -> None:
    assert encode(TAKES_ANYTHING, arguments) == body


@given(st.text(NO_SURROGATES))
def test_any_text_comes_back_as_it_was(text: str) -> None:
    body = encode(TAKES_ANYTHING, {"text": text}).decode("ascii")

    assert parse_qsl(body, keep_blank_values=True, strict_parsing=True) == [("text", text)]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(NO_SURROGATES),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(NO_SURROGATES), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(NO_SURROGATES), JSON))
def test_any_object_comes_back_as_it_was(value: dict[str, object]) -> None:
    ((name, written),) = parse_qsl(encode(TAKES_ANYTHING, {"object": value}).decode("ascii"))

    assert name == "object"
    assert json.loads(written) == value


def test_false_and_zero_and_the_empty_text_are_sent() -> None:
    assert encode(SET_ARCHIVE_ADMIN_ENABLED, {"instanceID": "abc", "enabled": False}) == (
        b"instanceID=abc&enabled=false"
    )
    assert encode(COMPACT_STORE, {"instanceID": "abc", "id": 0}) == b"instanceID=abc&id=0"
    assert encode(RENAME_STORE, {"instanceID": "abc", "id": 1, "name": ""}) == (
        b"instanceID=abc&id=1&name="
    )


DEEP: dict[str, object] = {}
for _ in range(64):
    DEEP = {"a": DEEP}
ENDLESS: dict[str, object] = {}
ENDLESS["a"] = ENDLESS


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("text", 1, ("/text", "TYPE")),
        ("text", True, ("/text", "TYPE")),
        ("text", b"a", ("/text", "TYPE")),
        ("text", ["a", "*"], ("/text", "TYPE")),
        ("text", {"a": 1}, ("/text", "TYPE")),
        ("text", "a\0b", ("/text", "CONTROL_CHARACTER")),
        ("text", "\ud800", ("/text", "ENCODING")),
        ("number", True, ("/number", "TYPE")),
        ("number", 1.0, ("/number", "TYPE")),
        ("number", "1", ("/number", "TYPE")),
        ("number", "\u0661", ("/number", "TYPE")),
        ("number", 2**63, ("/number", "RANGE")),
        ("number", -(10**99), ("/number", "RANGE")),
        ("flag", 1, ("/flag", "TYPE")),
        ("flag", "true", ("/flag", "TYPE")),
        ("list", "a,b", ("/list", "TYPE")),
        ("list", {"a"}, ("/list", "TYPE")),
        ("list", [], ("/list", "EMPTY")),
        ("list", ["a", 1], ("/list", "TYPE")),
        ("list", ["a,b"], ("/list", "ELEMENT")),
        ("list", ["a\nb"], ("/list", "ELEMENT")),
        ("list", ["a\x7f"], ("/list", "ELEMENT")),
        ("list", [""], ("/list", "ELEMENT")),
        ("object", "{}", ("/object", "TYPE")),
        ("object", [], ("/object", "TYPE")),
        ("array", "[]", ("/array", "TYPE")),
        ("array", [{"a": b""}], ("/array/0/a", "TYPE")),
        ("object", {"a": {1: 2}}, ("/object/a", "TYPE")),
        ("object", {"a": [b""]}, ("/object/a/0", "TYPE")),
        ("object", {"a": float("nan")}, ("/object/a", "TYPE")),
        ("object", {"a": float("inf")}, ("/object/a", "TYPE")),
        ("object", {"a": "\0"}, ("/object/a", "CONTROL_CHARACTER")),
        ("object", {"\ud800": 1}, ("/object", "ENCODING")),
        ("object", {"a/b": {"~": object()}}, ("/object/a~1b/~0", "TYPE")),
        ("object", DEEP, ("/object" + "/a" * 64, "DEPTH")),
        ("object", ENDLESS, ("/object" + "/a" * 64, "DEPTH")),
        ("other", "a", ("/other", "UNKNOWN")),
        ("Text", "a", ("/Text", "UNKNOWN")),
        ("other", None, ("/other", "UNKNOWN")),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(name: str, value: object, fault: tuple[str, str]) -> None:
    assert faults(TAKES_ANYTHING, {name: value}) == [fault]


def test_every_fault_is_told_at_once() -> None:
    assert faults(COMPACT_STORE, {"instanceID": "*", "name": "x"}) == [
        ("/name", "UNKNOWN"),
        ("/instanceID", "INSTANCE_ID"),
        ("/id", "REQUIRED"),
    ]


def test_none_leaves_an_optional_argument_out_and_no_other() -> None:
    arguments = {"instanceID": "abc", "name": "n", "databasePath": "~\\x", "indexPath": None}

    assert encode(CREATE_STORE, arguments) == b"instanceID=abc&name=n&databasePath=~%5Cx"
    assert faults(CREATE_STORE, arguments | {"name": None}) == [("/name", "REQUIRED")]


def test_values_outside_the_list_of_the_reference_are_refused() -> None:
    user = {"instanceID": "abc", "userName": "u"}
    job = {"instanceID": "abc", "name": "n", "action": "CompactStore"}

    assert encode(CREATE_USER, user | {"privileges": ["login", "archive"]}) == (
        b"instanceID=abc&userName=u&privileges=login%2Carchive"
    )
    assert faults(CREATE_USER, user | {"privileges": ["login", "Admin"]}) == [
        ("/privileges", "NOT_ALLOWED")
    ]
    assert encode(CREATE_JOB, job | {"interval": 5, "dayOfMonth": "Last"}) == (
        b"instanceID=abc&name=n&action=CompactStore&interval=5&dayOfMonth=Last"
    )
    assert faults(CREATE_JOB, job | {"interval": 7}) == [("/interval", "NOT_ALLOWED")]
    assert faults(CREATE_JOB, job | {"interval": True}) == [("/interval", "TYPE")]


def test_an_address_cannot_smuggle_a_second_one_in() -> None:
    arguments = {
        "instanceID": "abc",
        "userName": "u",
        "emailAddresses": ["a@b.example,c@d.example"],
    }

    assert faults(SET_USER_EMAIL_ADDRESSES, arguments) == [("/emailAddresses", "ELEMENT")]


@given(st.text())
def test_law_1_no_command_names_an_instance_but_by_one_id(text: str) -> None:
    for command in COMMANDS.values():
        if INSTANCE_ID in command.params and not is_instance_id(text):
            assert ("/instanceID", "INSTANCE_ID") in faults(command, {"instanceID": text})


@pytest.mark.parametrize("command", [CREATE_INSTANCE, SET_INSTANCE_CONFIGURATION])
@pytest.mark.parametrize("value", ["*", "abc\n", "ABC", None, 1, ["abc"]])
def test_law_1_holds_inside_the_configuration(command: Command, value: object) -> None:
    expected = [("/config/instanceID", "INSTANCE_ID")]

    assert faults(command, {"config": {"instanceID": value}}) == expected


def test_a_configuration_with_a_legal_id_is_written_compactly() -> None:
    assert encode(CREATE_INSTANCE, {"config": {"instanceID": "abc"}}) == (
        b"config=%7B%22instanceID%22%3A%22abc%22%7D"
    )


def test_no_secret_is_in_the_words_of_a_refusal() -> None:
    with pytest.raises(InvalidInput) as caught:
        encode(SET_USER_PASSWORD, {"instanceID": "*", "userName": 1, "password": "canary\0"})

    assert "canary" not in f"{caught.value} {caught.value.faults}"


def test_a_command_without_arguments_has_no_body() -> None:
    assert encode(PING, {}) == b""


def test_a_profile_keeps_the_order_of_its_members() -> None:
    arguments = {"instanceID": "abc", "properties": {"b": 1, "a": 2}, "raw": True}

    assert b"%7B%22b%22%3A1%2C%22a%22%3A2%7D" in encode(CREATE_PROFILE, arguments)


def test_a_number_beyond_all_digits_is_refused_and_not_written() -> None:
    assert faults(TAKES_ANYTHING, {"number": 10**9999}) == [("/number", "RANGE")]
