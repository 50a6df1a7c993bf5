"""Fields take JSON types as they are, and say what is wrong with a code."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import marshmallow as ma
import pytest
from flask.testing import FlaskClient

from gateway.web.fields import (
    AnyValue,
    Choice,
    Fault,
    Flag,
    HiddenText,
    Id,
    Labels,
    LabelsPatch,
    Lines,
    ListOf,
    Number,
    Secret,
    Text,
    Time,
    Whole,
)
from gateway.web.schemas import MAX_LIMIT, Paging
from tests.web.toy import SHELVES


def codes(field: ma.fields.Field[Any], value: object) -> list[str]:
    with pytest.raises(ma.ValidationError) as caught:
        field.deserialize(value)
    messages = caught.value.messages
    nested = messages.values() if isinstance(messages, dict) else [messages]
    return [message.code for each in nested for message in each]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        (Text(), 1, "WRONG_TYPE"),
        (Text(), None, "NULL"),
        (Text(), True, "WRONG_TYPE"),
        (Text(), ["a"], "WRONG_TYPE"),
        (Text(), "", "TOO_SHORT"),
        (Text(max_length=2), "abc", "TOO_LONG"),
        (Text(), "a\nb", "CONTROL_CHARACTER"),
        (Text(), "a\x7f", "CONTROL_CHARACTER"),
        (Text(), "a\x85", "CONTROL_CHARACTER"),
        (Text(), "\x1b[31m", "CONTROL_CHARACTER"),
        (Text(pattern="[a-z]+"), "abc1", "PATTERN"),
        (Text(pattern="[0-9]+"), "\u0661", "PATTERN"),
        (Text(pattern=r"\d+"), "\u0661", "PATTERN"),
        (Lines(), "a\x0b", "CONTROL_CHARACTER"),
        (Lines(), "a\0", "CONTROL_CHARACTER"),
        (Secret(), "a\tb", "CONTROL_CHARACTER"),
        (Secret(), 5, "WRONG_TYPE"),
        (Id("ins"), "ins_" + "a" * 31, "TOO_SHORT"),
        (Id("ins"), "ins_" + "A" * 32, "PATTERN"),
        (Id("ins"), "dep_" + "a" * 32, "PATTERN"),
        (Whole(), True, "WRONG_TYPE"),
        (Whole(), "5", "WRONG_TYPE"),
        (Whole(), 5.0, "WRONG_TYPE"),
        (Whole(), -1, "OUT_OF_RANGE"),
        (Whole(least=1, most=8), 9, "OUT_OF_RANGE"),
        (Number(), True, "WRONG_TYPE"),
        (Number(), "1", "WRONG_TYPE"),
        (Flag(), 1, "WRONG_TYPE"),
        (Flag(), "true", "WRONG_TYPE"),
        (Flag(), None, "NULL"),
        (Choice(["a"]), "b", "NOT_A_CHOICE"),
        (Choice(["a"]), "A", "NOT_A_CHOICE"),
        (Choice(["a"]), 1, "WRONG_TYPE"),
        (Choice(["a"]), ["a"], "WRONG_TYPE"),
        (Time(), 5, "WRONG_TYPE"),
        (Time(), "2026-11-21", "NOT_A_TIME"),
        (Time(), "2026-11-21T08:00:00", "NOT_A_TIME"),
        (Time(), "2026-11-21 08:00:00Z", "NOT_A_TIME"),
        (Time(), "2026-13-21T08:00:00Z", "NOT_A_TIME"),
        (Time(), "2026-11-21T08:00:00Z\n", "NOT_A_TIME"),
        (Time(), "0001-01-01T00:00:00+23:59", "NOT_A_TIME"),
        (Time(), "\u0662026-11-21T08:00:00Z", "NOT_A_TIME"),
        (Labels(), [], "WRONG_TYPE"),
        (Labels(), {f"k{n}": "" for n in range(65)}, "TOO_MANY"),
        (Labels(), {"a b": "x"}, "LABEL_KEY"),
        (Labels(), {"": "x"}, "LABEL_KEY"),
        (Labels(), {"a\n": "x"}, "LABEL_KEY"),
        (Labels(), {"k" * 64: "x"}, "LABEL_KEY"),
        (Labels(), {"a": 1}, "WRONG_TYPE"),
        (Labels(), {"a": None}, "NULL"),
        (Labels(), {"a": "x" * 257}, "TOO_LONG"),
        (ListOf(Text()), "a", "WRONG_TYPE"),
        (ListOf(Text()), {"a": 1}, "WRONG_TYPE"),
        (ListOf(Text(), min_items=1), [], "TOO_FEW"),
        (ListOf(Text(), max_items=1), ["a", "b"], "TOO_MANY"),
        (ListOf(Text()), ["a", 1], "WRONG_TYPE"),
        (Text(required=True), ma.missing, "REQUIRED"),
    ],
)
def test_a_wrong_value_is_refused_with_its_code(
    field: ma.fields.Field[Any], value: object, code: str
) -> None:
    assert codes(field, value) == [code]


@pytest.mark.parametrize(
    ("field", "value", "loaded"),
    [
        (Text(), "ü*<script>", "ü*<script>"),
        (Text(min_length=0), "", ""),
        (Text(allow_none=True), None, None),
        (Lines(), "a\r\n\tb", "a\r\n\tb"),
        (Secret(), " &%+ü€ ", " &%+ü€ "),
        (Whole(least=-5), -5, -5),
        (Number(), 5, 5),
        (Number(), 0.5, 0.5),
        (Flag(), False, False),
        (Time(), "2026-11-21T09:00:00.5+01:00", datetime(2026, 11, 21, 8, 0, 0, 500000, UTC)),
        (Labels(), {"a.b/c_d-e": ""}, {"a.b/c_d-e": ""}),
        (LabelsPatch(), {"a": None, "b": "c"}, {"a": None, "b": "c"}),
        (ListOf(Whole()), [1, 2], [1, 2]),
        (AnyValue(), {"a": [1]}, {"a": [1]}),
    ],
)
def test_a_right_value_is_taken_as_it_is(
    field: ma.fields.Field[Any], value: object, loaded: object
) -> None:
    assert field.deserialize(value) == loaded


def test_a_secret_shows_itself_to_nobody_who_prints_it() -> None:
    secret = Secret().deserialize("hunter2")
    assert isinstance(secret, HiddenText)
    assert "hunter2" not in repr({"password": secret})
    assert "hunter2" not in f"{[secret]}"
    assert secret == "hunter2"
    assert secret.encode() == b"hunter2"


def test_no_message_repeats_a_value() -> None:
    for field in (Text(max_length=3), Choice(["a"]), Time(), Secret(max_length=3)):
        with pytest.raises(ma.ValidationError) as caught:
            field.deserialize("hunter2")
        assert "hunter2" not in str(caught.value.messages)


def test_a_time_is_answered_in_utc_and_never_without_a_zone() -> None:
    moment = datetime(2026, 11, 21, 9, tzinfo=timezone(timedelta(hours=1)))
    assert Time().serialize("at", {"at": moment}) == "2026-11-21T08:00:00Z"
    with pytest.raises(ValueError, match="zone"):
        Time().serialize("at", {"at": datetime(2026, 11, 21)})  # noqa: DTZ001 # the fault under test


def test_a_fault_survives_copying() -> None:
    assert deepcopy([Fault("Words.", "CODE")])[0].code == "CODE"


def test_every_fault_of_a_body_is_named_with_its_place(client: FlaskClient) -> None:
    body = {
        "displayName": "x" * 21,
        "height": "5",
        "wood": "plastic",
        "brackets": [{"screws": 1}, {"screws": 0, "extra": 1}, 7],
        "labels": {"a/b c": "x"},
        "tags": ["ok", "too long"],
        "number": 1,
        "instanceId": "x",
    }
    answer = client.post(SHELVES, json=body)
    assert answer.status_code == 422
    assert {(e["pointer"], e["code"]) for e in answer.json["errors"]} == {
        ("/displayName", "TOO_LONG"),
        ("/height", "WRONG_TYPE"),
        ("/wood", "NOT_A_CHOICE"),
        ("/brackets/1/screws", "OUT_OF_RANGE"),
        ("/brackets/1/extra", "UNKNOWN_FIELD"),
        ("/brackets/2", "WRONG_TYPE"),
        ("/labels/a~1b c", "LABEL_KEY"),
        ("/tags/1", "TOO_LONG"),
        ("/number", "UNKNOWN_FIELD"),
        ("/instanceId", "UNKNOWN_FIELD"),
    }


def test_what_is_written_is_read_back_but_for_secrets(client: FlaskClient) -> None:
    body = {
        "displayName": "Oben & unten +1",
        "height": None,
        "load": 2.5,
        "isLocked": True,
        "wood": "oak",
        "bought": "2026-11-21T08:00:00Z",
        "note": "a\nb",
        "labels": {"a": "b"},
        "tags": ["x"],
        "brackets": [{"screws": 3}],
    }
    answer = client.post(SHELVES, json={**body, "combination": "1234"})
    assert answer.status_code == 201
    assert {name: answer.json[name] for name in body} == body
    assert answer.json["number"] == 1, "the view got the secret as hidden text"
    assert "1234" not in answer.text


def test_a_word_that_spe_invents_passes_through(client: FlaskClient) -> None:
    assert client.get(f"{SHELVES}?limit=1").json["items"][0]["wood"] == "ebony"


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("limit=0", "/query/limit", "OUT_OF_RANGE"),
        ("limit=-1", "/query/limit", "OUT_OF_RANGE"),
        ("limit=abc", "/query/limit", "WRONG_TYPE"),
        ("limit=", "/query/limit", "WRONG_TYPE"),
        ("limit=05", "/query/limit", "WRONG_TYPE"),
        ("limit=5.0", "/query/limit", "WRONG_TYPE"),
        ("limit=%205", "/query/limit", "WRONG_TYPE"),
        ("limit=%D9%A1", "/query/limit", "WRONG_TYPE"),
        ("limit=99999999999999999999", "/query/limit", "WRONG_TYPE"),
        ("locked=1", "/query/locked", "WRONG_TYPE"),
        ("locked=True", "/query/locked", "WRONG_TYPE"),
        ("wood=plastic", "/query/wood", "NOT_A_CHOICE"),
        ("tags=a,toolong", "/query/tags/1", "TOO_LONG"),
        ("tags=", "/query/tags/0", "TOO_SHORT"),
        ("filter=*", "/query/filter", "UNKNOWN_FIELD"),
        ("instanceFilter=*", "/query/instanceFilter", "UNKNOWN_FIELD"),
        ("limit=1&limit=2", "/query/limit", "REPEATED"),
        ("wood=oak&wood=oak", "/query/wood", "REPEATED"),
        ("cursor=", "/query/cursor", "TOO_SHORT"),
    ],
)
def test_a_wrong_query_parameter_is_named(
    client: FlaskClient, query: str, pointer: str, code: str
) -> None:
    answer = client.get(f"{SHELVES}?{query}")
    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json["errors"]] == [(pointer, code)]


def test_right_query_parameters_are_taken(client: FlaskClient) -> None:
    answer = client.get(f"{SHELVES}?limit=3&locked=true&wood=oak&tags=a,b")
    assert len(answer.json["items"]) == 3


def test_a_query_parameter_on_an_operation_that_has_none_is_refused(client: FlaskClient) -> None:
    answer = client.get(f"{SHELVES}/1?expand=all&a~b=1")
    assert answer.status_code == 422
    assert [e["pointer"] for e in answer.json["errors"]] == ["/query/expand", "/query/a~0b"]


@pytest.mark.parametrize(("asked", "given"), [(1, 1), (500, 500), (501, 500), (10**9, 500)])
def test_a_limit_over_the_largest_is_lowered(asked: int, given: int) -> None:
    assert Paging().load({"limit": asked})["limit"] == given


def test_the_limit_is_fifty_unless_given() -> None:
    assert Paging().load({}) == {"limit": 50}
    assert MAX_LIMIT == 500


def test_a_pattern_is_told_in_words() -> None:
    field = Text(pattern="[0-9]{3}", form="3 digits")
    with pytest.raises(ma.ValidationError, match="the required form: 3 digits"):
        field.deserialize("x")
    with pytest.raises(ma.ValidationError, match=r"the required form\."):
        Text(pattern="[0-9]{3}").deserialize("x")
