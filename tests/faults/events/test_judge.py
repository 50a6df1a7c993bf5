"""The judge finds what is wrong: each defect is made once here, in a drill that was not run."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.faults.events.judge import Inbox, Log, Truth, findings, transactions
from tests.faults.events.teller import End
from tests.simulated import JSON

PATHS = {"res_root": "/res_root/", "res_a": "/res_root/res_a/", "res_b": "/res_root/res_b/"}
TOLD = (
    ("evt_1", "res_a", "instance.updated", "ins_told"),
    ("evt_2", "res_b", "reseller.suspended", "res_leaf"),
    ("evt_3", "res_a", "instance.created", "ins_made"),
    ("evt_4", "res_a", "instance.purged", "ins_told"),
    ("evt_5", "res_a", "operation.started", "op_1"),
    ("evt_6", "res_a", "operation.succeeded", "op_1"),
    ("evt_7", "res_a", "instance.updated", "ins_made"),
)


@dataclass
class Scene:
    """A drill that went well, until a test spoils it."""

    logs: dict[str, Log]
    inbox: Inbox
    truth: Truth

    def found(self) -> list[str]:
        logs = [self.logs["root"], self.logs["a"], self.logs["b"]]
        return [each.kind for each in findings(logs, [self.inbox], self.truth)]

    def spoil(self, name: str, listed: list[JSON]) -> None:
        """Let a log be another, as pages and stream tell it."""
        self.logs[name] = replace(self.logs[name], listed=listed, streamed=listed)


def _log(name: str) -> Log:
    reseller = f"res_{name}"
    hers = [each for each in TOLD if PATHS[each[1]].startswith(PATHS[reseller])]
    listed = [_event(number, *each) for number, each in enumerate(hers, 1)]
    return Log(name, PATHS[reseller], listed, deepcopy(listed))


def _event(number: int, name: str, reseller: str, kind: str, subject: str) -> JSON:
    told = {"id": name, "number": number, "reseller": reseller, "type": kind, "subject": subject}
    return {**told, "instance": subject, "data": {}, "time": "2026-01-01T00:00:00Z"}


def _diary(*events: str) -> JSON:
    rows = {each[0]: each for each in TOLD}
    return {"events": [_in_diary(*rows[name]) for name in events]}


def _in_diary(name: str, reseller: str, kind: str, subject: str) -> JSON:
    told = {"id": name, "path": PATHS[reseller], "type": kind, "subject": subject}
    return {**told, "instance": subject, "data": {}}


@pytest.fixture
def scene() -> Scene:
    logs = {name: _log(name) for name in ("root", "a", "b")}
    wanted = [each for each in logs["a"].listed if each["type"].startswith("instance.")]
    lines = [{"webhookId": each["id"], "event": deepcopy(each)} for each in wanted]
    truth = Truth(
        diaries=[[_diary("evt_1", "evt_4"), {"end": "committed"}]],
        switched={"res_leaf": ["reseller.suspended"]},
        changed={"ins_made": 1},
        created=["ins_made"],
        operations=[OPERATION],
        paths=PATHS,
    )
    return Scene(logs, Inbox("a", ["instance.*"], 0, lines), truth)


def test_nothing_is_wrong_where_everything_is_told(scene: Scene) -> None:
    assert scene.found() == []


def _a_gap(scene: Scene) -> None:
    scene.spoil("b", [{**scene.logs["b"].listed[0], "number": 2}])


def _twice(scene: Scene) -> None:
    listed = scene.logs["b"].listed
    scene.spoil("b", [*listed, {**listed[0], "number": 2}])


def _stream_repeats(scene: Scene) -> None:
    log = scene.logs["a"]
    scene.logs["a"] = replace(log, streamed=[*log.streamed, log.streamed[-1]])


def _foreign(scene: Scene) -> None:
    listed = scene.logs["b"].listed
    scene.spoil("b", [*listed, {**scene.logs["a"].listed[0], "number": 2}])


def _not_heard_below(scene: Scene) -> None:
    scene.spoil("b", [])


def _another_order(scene: Scene) -> None:
    first, second, *others = scene.logs["a"].listed
    swapped = [{**second, "number": 1}, {**first, "number": 2}, *others]
    scene.spoil("a", swapped)


def _diary_of(*lines: JSON) -> Callable[[Scene], None]:
    def spoil(scene: Scene) -> None:
        scene.truth = replace(scene.truth, diaries=[lines])

    return spoil


def _truth(**changes: Any) -> Callable[[Scene], None]:  # noqa: ANN401 - fields
    def spoil(scene: Scene) -> None:
        scene.truth = replace(scene.truth, **changes)

    return spoil


def _received(change: Callable[[list[JSON]], list[JSON]]) -> Callable[[Scene], None]:
    def spoil(scene: Scene) -> None:
        scene.inbox = replace(scene.inbox, lines=change(list(scene.inbox.lines)))

    return spoil


OPERATION = {"id": "op_1", "kind": "createInstance", "status": "succeeded", "parent": None}
STRANGER = {"webhookId": "evt_2", "event": {"id": "evt_2"}}
ABSENT = {**_in_diary("evt_9", "res_a", "instance.updated", "ins_told")}
ENDED = {"end": "committed"}


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (_a_gap, "lost"),
        (_twice, "doubled"),
        (_stream_repeats, "lost"),
        (_foreign, "foreign"),
        (_not_heard_below, "lost"),
        (_another_order, "order"),
        (_diary_of(_diary("evt_1", "evt_4"), {"end": "rolled back"}), "wrong"),
        (_diary_of(_diary("evt_1", "evt_4"), {"end": "killed"}), "wrong"),
        (_diary_of({"events": [ABSENT]}, ENDED), "lost"),
        (_diary_of({"events": [*_diary("evt_1")["events"], ABSENT]}), "lost"),
        (_diary_of(_diary("evt_4", "evt_1"), ENDED), "order"),
        (_diary_of({"events": [{**_diary("evt_1")["events"][0], "data": {"n": 1}}]}), "wrong"),
        (_diary_of(_diary("evt_1"), ENDED), "strange"),
        (_truth(switched={"res_leaf": ["reseller.suspended", "reseller.resumed"]}), "wrong"),
        (_truth(created=["ins_made", "ins_other"]), "wrong"),
        (_truth(changed={"ins_made": 2}), "wrong"),
        (_truth(operations=[{**OPERATION, "status": "failed"}]), "wrong"),
        (_truth(operations=[{**OPERATION, "parent": "op_0"}]), "wrong"),
        (_received(lambda lines: lines[1:]), "lost"),
        (_received(lambda lines: [*lines, lines[0]]), "doubled"),
        (_received(lambda lines: [*lines, STRANGER]), "foreign"),
        (_received(lambda lines: [{**lines[0], "event": {}}, *lines[1:]]), "wrong"),
        (lambda scene: setattr(scene, "inbox", replace(scene.inbox, forged=1)), "forged"),
    ],
    ids=[
        "a gap in the numbers",
        "an event twice",
        "a stream that repeats",
        "an event of somebody else",
        "an event that one above hears alone",
        "another order than the root's",
        "what was rolled back",
        "what was not committed",
        "a change that is not told",
        "half of a change",
        "later before earlier",
        "another text",
        "what nobody has done",
        "a switch that is not told",
        "a creation that is not told",
        "a change too few",
        "another end",
        "the beginning of a part",
        "not delivered",
        "delivered to the file twice",
        "delivered to a stranger",
        "delivered with another text",
        "a signature that does not fit",
    ],
)
def test_each_defect_is_found(scene: Scene, spoil: Callable[[Scene], None], kind: str) -> None:
    spoil(scene)

    assert kind in scene.found()


def test_a_webhook_need_not_hear_what_was_before_it(scene: Scene) -> None:
    scene.inbox = replace(scene.inbox, position=2, lines=scene.inbox.lines[2:])

    assert scene.found() == []


def test_a_transaction_of_which_nobody_knows_is_told_whole_or_not_at_all(scene: Scene) -> None:
    unknown = [_diary("evt_1", "evt_4"), {"events": [ABSENT]}]
    scene.truth = replace(scene.truth, diaries=[unknown])

    assert scene.found() == []


def test_a_diary_is_read_by_transactions() -> None:
    first, second, third = _diary("evt_1"), _diary("evt_2"), _diary("evt_3")

    # a transaction that failed before it was noted has an end only
    read = transactions([first, ENDED, {"end": "unknown"}, second, {"end": "killed"}, third])

    ends = [(told[0]["id"], end) for told, end in read]
    assert ends == [("evt_1", End.COMMITTED), ("evt_2", End.KILLED), ("evt_3", End.UNKNOWN)]
