"""Makes calls up: seeded, and mostly about what there is, so that something comes of them."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from tests.model.bodies import GRANTS, NAMES, USERS, Bodies
from tests.model.bounds import DEPLOYMENTS, ROOT
from tests.model.calls import Call, Ref
from tests.model.model import Model
from tests.model.stage import canary
from tests.personas.payloads import FILTERS, in_paths
from tests.personas.table import Kind

WORDS = ("*", "* .running", "*site-d0-host1", "acme corp-1", "a&instanceFilter=*")
STRANGERS = ("instanceFilter", "owner", "instanceHost", "baseDirectory")
"""Members that no request has."""

ABOUT = {
    Kind.CLIENT: ("c", "client"),
    Kind.OPERATION: ("o", "operation"),
    Kind.DEPLOYMENT: ("d", "deployment"),
}
WEIGHTS: dict[str, int] = {
    "listInstances": 8,
    "getInstance": 8,
    "createInstance": 10,
    "updateInstance": 10,
    "deleteInstance": 6,
    "undeleteInstance": 4,
    "purgeInstance": 6,
    "transferInstance": 5,
    "startInstance": 4,
    "stopInstance": 4,
    "restartInstance": 3,
    "freezeInstance": 2,
    "thawInstance": 2,
    "listStores": 4,
    "getStore": 5,
    "createStore": 4,
    "updateStore": 4,
    "detachStore": 3,
    "verifyStore": 1,
    "listUsers": 3,
    "getUser": 3,
    "createUser": 4,
    "updateUser": 3,
    "deleteUser": 3,
    "getArchiveAdmin": 1,
    "setArchiveAdmin": 3,
    "listOperations": 4,
    "getOperation": 4,
    "cancelOperation": 2,
    "listClients": 3,
    "getClient": 3,
    "createClient": 5,
    "updateClient": 6,
    "deleteClient": 2,
    "listResellers": 3,
    "getReseller": 3,
    "createReseller": 3,
    "updateReseller": 8,
    "deleteReseller": 4,
    "suspendReseller": 3,
    "resumeReseller": 3,
    "getMe": 2,
    "createToken": 5,
    "revokeToken": 2,
    "setQuotas": 4,
    "getDeployment": 1,
    "listDeployments": 1,
}
"""How often each operation is called."""


class Plan(Bodies):
    """Makes up one call after the other.

    Args:
        seed: the same one makes up the same calls.
        model: what there is.
    """

    def __init__(self, seed: int, model: Model) -> None:
        super().__init__(seed, model)
        self._opening = list(self._prologue())

    def next(self) -> Call:
        """Return the next call."""
        if self._opening:
            return self._opening.pop(0)
        name = self.random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        return self._strange(self._made_up(name))

    # how it begins: three resellers, the same names on both deployments

    def _prologue(self) -> Iterator[Call]:
        root = Ref("t0")
        a, below, b = (self.new("r") for _ in range(3))
        for ref, parent in ((a, ROOT), (below, a), (b, ROOT)):
            body = {"name": f"{canary(ref)}reseller", "parent": parent}
            yield Call(root, "createReseller", body=body, made=ref)
        here, there = DEPLOYMENTS
        homes = ((a, here, NAMES[0]), (b, there, NAMES[0]), (below, here, NAMES[1]))
        for owner, place, name in (*homes, (b, here, NAMES[2])):
            ref = self.new("i")
            body = {**self.new_instance(ref, name), "reseller": owner, "deployment": place}
            yield Call(root, "createInstance", body=body, made=ref)
        yield from self._people((a, below, b))

    def _people(self, resellers: Sequence[Ref]) -> Iterator[Call]:
        restricted = {"roles": ["reseller-admin"], "instances": [Ref("i1")]}
        grants = [(each, GRANTS[0]) for each in resellers] + [(resellers[0], restricted)]
        for owner, grant in (*grants, (resellers[2], GRANTS[1]), (resellers[0], GRANTS[-1])):
            ref, token = self.new("c"), self.new("t")
            body = {"name": f"{canary(ref)}client", "reseller": owner, **grant}
            yield Call(Ref("t0"), "createClient", body=body, made=ref)
            yield Call(None, "createToken", body={"client": ref}, made=token)

    # how it goes on

    def _made_up(self, name: str) -> Call:
        row = Call(None, name).row
        who = self.caller(row.permission)
        on: dict[str, Any] = {}
        if row.kind is Kind.INSTANCE:
            on["instance"] = self.instance(who, name)
        elif row.kind is Kind.RESELLER:
            on["reseller"] = self.reseller(who)
        elif row.kind in ABOUT:
            letter, noun = ABOUT[row.kind]
            on[noun] = self.seen(who, letter, getattr(self.model, f"{noun}s"))
        call = Call(who, name, on)
        on |= self._below(call)
        make = getattr(self, call.rule, lambda *_: {})
        return _with(call, **make(who, on))

    def _below(self, call: Call) -> dict[str, Any]:
        """Name what is inside an instance, often something of another."""
        i = self.model.instances.get(call.on.get("instance", Ref("i99")), {})
        if "{store}" in call.path:
            own = self.pick(i.get("_stores") or [1])
            return {"store": self.number() if self.one_in(3) else own}
        if "{user}" in call.path:
            own = self.pick(i.get("_users") or USERS)
            return {"user": self.pick(USERS) if self.one_in(3) else own}
        return {}

    def _strange(self, call: Call) -> Call:
        """Plant what belongs nowhere into one call of eight."""
        if not self.one_in(8):
            return call
        ids = [name for name in ("store", "instance", "reseller", "client") if name in call.on]
        if ids and self.one_in(2):
            segments = [quote("*"), "0001", *in_paths(f"ins_{'0' * 32}", "acme")]
            return _with(call, planted=(self.pick(ids), self.pick(segments)))
        if call.body and call.row.kind is not Kind.PUBLIC:
            body = {**call.body, self.pick([*call.body, *STRANGERS]): self.pick(FILTERS)}
            return _with(call, body=body)
        if call.name.startswith("list"):
            member = self.pick([*call.query, "instanceFilter", "deployment", "instance"])
            return _with(call, query={**call.query, member: self.pick(WORDS)})
        return call


def _with(call: Call, **members: Any) -> Call:  # noqa: ANN401 # of a call
    return Call(**{**vars(call), **members})
