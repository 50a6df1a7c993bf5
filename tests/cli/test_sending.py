"""A call whose answer is lost is sent again, under its key; what was begun is not begun twice."""

from collections.abc import Sequence

import pytest

from gateway.cli import following
from gateway.cli.account import Account, Refused
from gateway.cli.api_client import Answer, Api, Call, Unreachable
from gateway.cli.progress import Silence
from gateway.cli.sending import begun, ended, keyed, left

GONE = Refused({"code": "NOT_FOUND", "detail": "Nothing is here."})
LOST = Unreachable("No gateway answers.")


class Scripted(Account):
    """An account whose calls are answered as it is told."""

    def __init__(self, *answers: Answer | Exception) -> None:
        super().__init__(Api("http://127.0.0.1:1"), "cli", "secret")
        self.answers = list(answers)
        self.calls: list[Call] = []

    def be_signed_in(self) -> None:
        pass

    def call(self, call: Call) -> Answer:
        self.calls.append(call)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "PAUSE_SECONDS", 0.0)


def keys(calls: Sequence[Call]) -> set[str | None]:
    return {call.headers.get("Idempotency-Key") for call in calls}


def test_a_post_whose_answer_is_lost_is_sent_again_under_the_same_key() -> None:
    account = Scripted(LOST, LOST, Answer(201, {}, {"id": "ins_1"}))
    operation = ended(account, keyed(Call("POST", "/instances", body={})), Silence)
    assert operation["result"] == {"id": "ins_1"}
    assert len(account.calls) == 3
    assert len(keys(account.calls)) == 1
    assert None not in keys(account.calls)


def test_each_call_has_a_key_of_its_own_and_what_needs_none_has_none() -> None:
    calls = [keyed(Call("POST", "/instances")) for _ in range(2)]
    assert len(keys(calls)) == 2
    assert keys([keyed(Call("DELETE", "/clients/1")), keyed(Call("PATCH", "/clients/1"))]) == {None}


def test_what_is_gone_after_a_lost_answer_was_deleted() -> None:
    assert begun(Scripted(LOST, GONE), Call("DELETE", "/clients/1")).status == 204
    with pytest.raises(Refused):
        begun(Scripted(GONE), Call("DELETE", "/clients/1"))
    with pytest.raises(Refused):
        begun(Scripted(LOST, GONE), Call("GET", "/clients/1"))


def test_a_failure_of_the_deployment_is_an_end_and_a_refusal_is_none() -> None:
    failed = Refused({"code": "COMMAND_FAILED", "detail": "No.", "upstream": {"command": "X"}})
    assert ended(Scripted(failed), Call("POST", "/x"), Silence)["status"] == "failed"
    assert left(Scripted(failed), Call("POST", "/x"))["status"] == "failed"
    with pytest.raises(Refused):
        ended(Scripted(GONE), Call("POST", "/x"), Silence)


def test_a_refusal_says_what_to_do_next() -> None:
    busy = {"code": "OPERATION_IN_PROGRESS", "detail": "It is busy.", "operation": "op_1"}
    assert str(Refused(busy)) == (
        "It is busy. See its end with 'spe-gateway operations watch op_1'."
    )
    assert str(Refused({"code": "OPERATION_IN_PROGRESS", "detail": "It is busy."})) == "It is busy."
    assert str(Refused("nonsense")) == "The gateway refused, and did not say why."
