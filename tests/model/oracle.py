"""Holds what the gateway answers, sends and keeps against the model."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.test import TestResponse

from tests.model.bounds import DEPLOYMENTS, ROOT
from tests.model.calls import JSON, Call, Expected, Ref
from tests.model.model import Model
from tests.model.rules import Object
from tests.model.stage import Stage
from tests.personas.table import Kind

VARYING = ("Content-Length", "Date", "RateLimit", "X-Request-Id")
OPAQUE = re.compile(r"(?:cli|dep|ins|op|res)_[0-9a-f]{32}")
CANARY = re.compile(r"CANARY-([a-z][0-9]+)-")
LOOKS = frozenset(
    {
        "GetArchiveAdminEnabled",
        "GetComplianceConfiguration",
        "GetInstanceConfiguration",
        "GetInstances",
        "GetStores",
        "GetUserInfo",
        "GetUsers",
        "get-status",
    }
)
"""What may be read of an instance in the course of any operation on it."""

CHANGES: Mapping[str, frozenset[str]] = {
    "createInstance": frozenset(
        {"CreateInstance", "StartInstances", "CreateStore", "SetArchiveAdminEnabled", "CreateUser"}
    ),
    "updateInstance": frozenset({"SetInstanceConfiguration", "StopInstances", "StartInstances"}),
    "deleteInstance": frozenset({"SetInstanceConfiguration", "StopInstances"}),
    "undeleteInstance": frozenset({"SetInstanceConfiguration", "StartInstances"}),
}
"""What an operation may send besides the command that its success must have brought."""

PROOFS = {"undeleteInstance": "SetInstanceConfiguration", "createInstance": "CreateInstance"}
"""What a success must have sent, where the table's word is not always true."""


@dataclass(frozen=True)
class Reached:
    """What a caller may hear of: what it sees in words, and what else it may know the ids of."""

    words: frozenset[Ref] = frozenset()
    ids: frozenset[Ref] = frozenset()


class Judge:
    """Judges every call of a plan.

    Args:
        stage: where it was made.
        model: what should come of it.
    """

    def __init__(self, stage: Stage, model: Model) -> None:
        self._stage = stage
        self._model = model
        self._absent: object = None

    def judge(self, call: Call) -> int:
        """Make a call, and check answer, leaks and what was sent.

        Returns:
            How many requests it took.

        Raises:
            AssertionError: something is not as the model has it.
        """
        before = self._reached(call)
        count = len(self._model.operations)
        expected = self._model.expect(call)
        answers = list(self._answers(call, expected))
        if len(self._model.operations) > count:
            self._stage.bind(list(self._model.operations)[-1], self._stage.newest_operation())
        for answer in answers:
            self._check_status(answer, expected)
            self._check_leaks(call, answer, before)
        self._check_body(call, expected, [answer.get_json(silent=True) for answer in answers])
        self._check_sent(call, expected, self._stage.journals())
        return len(answers)

    def _answers(self, call: Call, expected: Expected) -> Iterator[TestResponse]:
        """Yield the answer, and those of the further pages of a list."""
        answer = self._stage.send(call)
        yield answer
        while expected.items is not None and answer.status_code == 200:
            cursor = answer.get_json()["nextCursor"]
            if cursor is None:
                return
            answer = self._stage.send(call, cursor)
            yield answer

    # the answer

    def _check_status(self, answer: TestResponse, expected: Expected) -> None:
        assert answer.status_code == expected.status, f"{expected}\n{answer.text}"
        if expected.status < 400 or not expected.code:
            return
        problem = answer.get_json(force=True)
        assert problem["code"] == expected.code, problem
        assert problem.get("permission", "") == expected.permission, problem
        if expected.status == 404:
            self._check_same_absence(answer, problem)

    def _check_same_absence(self, answer: TestResponse, problem: JSON) -> None:
        """What is foreign and what is absent are one answer (decision 28)."""
        headers = sorted(pair for pair in answer.headers if not pair[0].startswith(VARYING))
        hidden = {"requestId", "instance", "operation", "steps"}
        found = (headers, {name: said for name, said in problem.items() if name not in hidden})
        self._absent = self._absent or found
        assert found == self._absent, f"{found} is not {self._absent}"

    def _check_body(self, call: Call, expected: Expected, bodies: list[Any]) -> None:
        if expected.items is not None:
            items = [item for body in bodies for item in self._stage.read(body)["items"]]
            self._check_items(call, expected.items, items)
        elif expected.body:
            self._check_members(call, expected.body, self._stage.read(bodies[0]))

    def _check_items(self, call: Call, wanted: Mapping[Any, Object], items: list[JSON]) -> None:
        key = {"listUsers": "userName"}.get(call.name, "id")
        keys = [item[key] for item in items]
        assert sorted(map(str, keys)) == sorted(map(str, wanted)), "the list holds something else"
        for item in items:
            self._check_members(call, wanted[item[key]], item)

    def _check_members(self, call: Call, wanted: JSON, found: JSON) -> None:
        different = {name: found.get(name) for name in wanted if wanted[name] != found.get(name)}
        assert different == {}, f"wanted {wanted}, found {found}"
        if "instanceHost" in found and found["instanceHost"] is not None:
            assert self._reseller(call) == ROOT, "the host is for operators"

    # what leaks

    def _reseller(self, call: Call) -> Ref | None:
        client, _ = self._model.tokens.get(call.who, (None, None))
        return self._model.clients[client]["reseller"] if client in self._model.clients else None

    def _reached(self, call: Call) -> Reached:
        """Return what the caller may hear of, whatever became of it: in words, and in ids."""
        model = self._model
        client, _ = model.tokens.get(call.who, (None, None))
        who = model.clients.get(client)
        if who is None or call.row.kind is Kind.PUBLIC:
            return Reached()
        tables = (model.resellers, model.clients, model.instances, model.operations)
        things = {ref: one for table in tables for ref, one in table.items()}
        seen = {ref: one for ref, one in things.items() if ref[0] == "i" or model.sees(who, one)}
        seen = {ref: one for ref, one in seen.items() if model.owns(who, one)}
        past = {one.get(name) for one in seen.values() for name in ("createdBy", "instance")}
        past |= {each for one in seen.values() for each in one.get("instances") or ()}
        above = {model.resellers[who["reseller"]]["parent"], who["reseller"], who["id"]}
        words = {*seen, self._remembered(call, seen)} - {None}
        return Reached(frozenset(words), frozenset({*seen, *past, *above, *DEPLOYMENTS} - {None}))

    def _remembered(self, call: Call, seen: Mapping[Ref, Object]) -> Ref | None:
        """Return the instance whose inside an operation tells of: as it was then, to its owner."""
        operation = seen.get(call.on.get("operation", Ref("")))
        inside = operation and operation["kind"].endswith(("Store", "User"))
        return operation["instance"] if operation and inside else None

    def _check_leaks(self, call: Call, answer: TestResponse, before: Reached) -> None:
        after, everything = self._reached(call), f"{answer.headers}\n{answer.text}"
        own = self._stage.spelled([*call.on.values(), *_handles(call)])
        own += OPAQUE.findall(str(call.planted))
        named = [self._stage.refs.get(opaque, opaque) for opaque in OPAQUE.findall(everything)]
        heard = {ref for ref in named if self._stage.ids.get(ref, ref) not in own}
        leaked = heard - before.ids - after.ids
        leaked |= set(CANARY.findall(everything)) - before.words - after.words
        assert leaked == set(), f"{leaked} in {everything}"

    # what was sent

    def _check_sent(self, call: Call, expected: Expected, journals: Mapping[Ref, Any]) -> None:
        for site, entries in journals.items():
            for entry in entries:
                self._check_entry(call, expected, site, entry)
        sent = {entry["command"] for entries in journals.values() for entry in entries}
        proof = PROOFS.get(call.name, call.row.sends)
        if expected.status < 300 and expected.at and proof in _known_to(call):
            assert proof in sent, f"{proof} was not sent"

    def _check_entry(self, call: Call, expected: Expected, site: Ref, entry: JSON) -> None:
        command, place = entry["command"], f"{site}: {entry['command']} {entry['arguments']}"
        names = addressed(entry)
        i = self._model.instances.get(expected.at)
        if command == "GetInstanceHosts" and site in listed_live(call, expected):
            return
        if command == "GetInstanceHosts":
            assert call.name == "createInstance", place
            assert site in expected.asked, place
            return
        if names == ["*"]:
            self._check_discovery(call, expected, site, command)
            return
        assert i is not None, f"nothing may be sent, but {place}"
        wanted = [] if command == "get-status" else [i["instanceID"]]
        assert (site, names) == (i["deployment"], wanted), f"not of {expected.at}: {place}"
        allowed = LOOKS | CHANGES.get(call.name, frozenset()) | {call.row.sends}
        assert command in allowed, f"not for {call.name}: {place}"

    def _check_discovery(self, call: Call, expected: Expected, site: Ref, command: str) -> None:
        """Discovery is reading: for a live list, or to find out why SPE said no."""
        assert command == "GetInstances", f"{command} for everything"
        i = self._model.instances.get(expected.at)
        unclear = expected.status >= 400 or call.name == "deleteInstance"
        asked = i is not None and i["deployment"] == site and unclear
        assert asked or site in listed_live(call, expected), f"{site} was asked for everything"


def listed_live(call: Call, expected: Expected) -> set[Ref]:
    """Return the deployments that a live list asks: those of its instances."""
    if call.query.get("consistency") != "live" or expected.items is None:
        return set()
    return {one["deployment"] for one in expected.items.values()}


def addressed(entry: JSON) -> list[str]:
    """Return the names of instances that a command addresses."""
    said = dict(entry["arguments"])
    config = json.loads(said.get("config", "{}"))
    words = [said.get("instanceFilter"), said.get("instanceID"), config.get("instanceID")]
    return [word for word in words if word is not None]


def _known_to(call: Call) -> frozenset[str]:
    """Return the proof of an operation, unless a body without changes upstream needs none."""
    own = call.name == "updateInstance" and not {"displayName", "alias", "startMode"} & {
        *(call.body or {})
    }
    return frozenset() if own else frozenset({PROOFS.get(call.name, call.row.sends)} - {""})


def _handles(call: Call) -> list[Ref]:
    said = [*call.query.values(), *(call.body or {}).values()]
    flat = [each for value in said for each in (value if isinstance(value, list) else [value])]
    return [each for each in flat if isinstance(each, Ref)]
