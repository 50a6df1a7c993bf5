"""Secrets in what SPE says: wherever a text of it is kept, none is repeated."""

import base64
import json
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from gateway.broker.engine.plan import Invocation
from gateway.broker.engine.redaction import MASK, masked, without_secrets
from gateway.model import Operation
from gateway.spe.commands.profiles import RUN_TEMPORARY_PROFILE
from gateway.spe.commands.users import CREATE_USER, SET_USER_PASSWORD
from tests.core import Core
from tests.simulated import Control

WORD = 'so "secret" & ünlikely'


@pytest.mark.parametrize(
    "arguments",
    [
        {"password": WORD},
        {"newPassword": WORD},
        {"encryptionKey": WORD},
        {"PassPhrase": WORD},
        {"config": {"settings": [{"clientSecret": WORD}]}},
        {"properties": {"details": {"accessToken": WORD}}},
        {"secrets": {"first": [WORD]}},
        [{"userName": "jane"}, {"password": WORD}],
    ],
)
def test_what_a_secrets_name_holds_is_masked_at_every_depth(arguments: Any) -> None:  # noqa: ANN401 - JSON
    assert masked(f"<{WORD}> is not good", arguments) == f"<{MASK}> is not good"


@pytest.mark.parametrize(
    "form",
    [
        WORD,
        quote(WORD, safe=""),
        quote_plus(WORD),
        json.dumps(WORD)[1:-1],
        json.dumps(WORD, ensure_ascii=False)[1:-1],
    ],
)
def test_a_secret_is_masked_in_every_form_in_which_it_is_sent(form: str) -> None:
    assert masked(f"body={form};", {"password": WORD}) == f"body={MASK};"


def test_a_secret_inside_another_is_masked_as_part_of_it() -> None:
    assert masked("abcdef abc", {"password": "abc", "secret": "abcdef"}) == f"{MASK} {MASK}"


@pytest.mark.parametrize("arguments", [{}, {"password": ""}, {"password": None}, {"name": "x"}])
def test_what_is_no_secret_stays(arguments: Any) -> None:  # noqa: ANN401 - JSON
    assert masked("x is taken", arguments) == "x is taken"


def test_members_that_hold_secrets_are_left_out() -> None:
    whole = {"host": "h", "password": "p", "more": [{"clientSecret": "s", "tenant": "t"}]}
    assert without_secrets(whole) == {"host": "h", "more": [{"tenant": "t"}]}


def says(control: Control, command: str, **members: object) -> None:
    """Let the deployment answer a command with these words."""
    keys = ("error", "token", "percentProgress", "statusText", "result", "logOutput")
    whole = dict.fromkeys(keys) | {"statusVersion": 2, "statusCode": "succeeded"} | members
    body = base64.b64encode(json.dumps(whole).encode("utf-8-sig")).decode()
    control.fault("garbage", command, count=1, body=body)


def done(core: Core, control: Control, *wishes: Invocation) -> Operation:
    acme = core.planted(control, "acme")
    return core.broker.call(core.caller(), acme.id, wishes)


def test_status_text_and_log_repeat_no_secret(core: Core, control: Control) -> None:
    details = {"host": "imap.example.com", "password": WORD}
    properties = {"name": "x", "type": "I", "connector": "IMAP", "details": details}
    wish = Invocation(RUN_TEMPORARY_PROFILE, {"properties": properties, "raw": True})
    words = f"Logging in with {WORD}"
    says(control, "RunTemporaryProfile", statusText=words, logOutput=f"{words}\n")
    found = done(core, control, wish)
    assert found.status_text == f"Logging in with {MASK}"
    assert found.log == f"Logging in with {MASK}\n"


def test_a_later_step_repeats_no_secret_of_an_earlier_one(core: Core, control: Control) -> None:
    first = Invocation(SET_USER_PASSWORD, {"userName": "jane", "password": WORD})
    second = Invocation(CREATE_USER, {"userName": "joe", "privileges": ["login"]})
    control.fault("failed", "CreateUser", text=f"jane has {WORD}")
    found = done(core, control, first, second)
    assert found.problem is not None
    assert found.problem["upstream"]["message"] == f"jane has {MASK}"
    assert WORD not in json.dumps(found.problem, ensure_ascii=False)
