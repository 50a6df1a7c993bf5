"""A declaration that contradicts itself does not survive its import."""

from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import DeclarationError
from gateway.spe.command import (
    CONFIG,
    INSTANCE_FILTER,
    INSTANCE_ID,
    Command,
    Effect,
    Evidence,
    Param,
    ParamType,
    Target,
    is_instance_id,
)

ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789-"


def command(**replaced: object) -> Command:
    values: dict[str, Any] = {
        "name": "GetThings",
        "target": Target.INSTANCE,
        "effect": Effect.READ,
        "params": (INSTANCE_ID,),
        "needs_service_provider_access": False,
        "evidence": Evidence.NONE_NEEDED,
    }
    return Command(**(values | replaced))


@pytest.mark.parametrize(
    "replaced",
    [
        {"params": ()},
        {"target": Target.INSTANCE_FILTER},
        {"target": Target.CONFIG, "params": ()},
        {"target": Target.DEPLOYMENT},
        {"target": Target.DEPLOYMENT, "params": (INSTANCE_FILTER,)},
        {"params": (INSTANCE_ID, INSTANCE_FILTER)},
        {"params": (INSTANCE_ID, INSTANCE_ID)},
        {"params": (INSTANCE_ID, Param("id", ParamType.NUMBER), Param("id", ParamType.STRING))},
        {"params": (Param("instanceID", ParamType.STRING, required=False),)},
        {"params": (Param("instanceID", ParamType.STRING, is_list=True),)},
        {"params": (Param("instanceID", ParamType.JSON),)},
        {"name": ""},
        {"name": "getThings"},
        {"name": "Get/../Things"},
        {"name": "GetThings\n"},
        {"deadline_seconds": -1},
        {"effect": Effect.RUN},
        {"evidence": Evidence.BY_NAME},
        {"effect": Effect.DESTROY, "evidence": Evidence.SEND_AGAIN},
        {"effect": Effect.CREATE_NAMED, "evidence": Evidence.SEND_AGAIN},
        {"effect": Effect.CREATE_NUMBERED, "evidence": Evidence.BY_NAME},
        {"effect": Effect.RUN, "evidence": Evidence.SEND_AGAIN},
        {"target": Target.CONFIG, "params": (CONFIG,), "needs_service_provider_access": True},
    ],
)
def test_a_contradiction_is_refused(replaced: dict[str, Any]) -> None:
    with pytest.raises(DeclarationError):
        command(**replaced)


@pytest.mark.parametrize("effect", [effect for effect in Effect if effect.changes])
def test_a_change_needs_evidence(effect: Effect) -> None:
    with pytest.raises(DeclarationError):
        command(effect=effect)


def test_only_a_read_changes_nothing() -> None:
    assert [effect for effect in Effect if not effect.changes] == [Effect.READ]


def test_the_deadline_follows_from_the_effect_unless_given() -> None:
    assert command().deadline_seconds == 30
    assert command(deadline_seconds=5).deadline_seconds == 5


def test_a_declaration_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        command().name = "Other"  # type: ignore[misc] # what is under test


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (ParamType.NUMBER, {"is_list": True}),
        (ParamType.NUMBER, {"values": ("1",)}),
        (ParamType.NUMBER, {"values": (True,)}),
        (ParamType.STRING, {"values": (1,)}),
        (ParamType.BOOL, {"values": (True,)}),
        (ParamType.JSON, {"values": ("{}",)}),
    ],
)
def test_an_argument_that_contradicts_itself_is_refused(
    kind: ParamType, options: dict[str, Any]
) -> None:
    with pytest.raises(DeclarationError):
        Param("a", kind, **options)


@given(st.text())
def test_an_id_holds_nothing_but_its_alphabet(text: str) -> None:
    legal = 3 <= len(text) <= 32 and set(text) <= set(ALPHABET) and "a" <= text[:1] <= "z"

    assert is_instance_id(text) == legal


@given(st.from_regex(r"[a-z][a-z0-9-]{2,31}", fullmatch=True))
def test_every_legal_id_is_one(text: str) -> None:
    assert is_instance_id(text)


@pytest.mark.parametrize(
    "value",
    [
        "*",
        "* .running",
        "*host",
        "a b c",
        "abc\n",
        "\nabc",
        "ab",
        "a" * 33,
        "1bc",
        "-bc",
        "ABC",
        "a\u0131c",
        "\u212abc",
        "ab\u017f",
        "abc\x00",
        "a*c",
        "a.c",
        None,
        3,
        True,
        ["abc"],
        b"abc",
    ],
)
def test_nothing_else_is_an_id(value: object) -> None:
    assert not is_instance_id(value)
