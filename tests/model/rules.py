"""How a model is asked: a rule for each operation, found by its name; refusals are raised."""

from collections.abc import Callable, Iterable
from typing import Any

from tests.model.calls import Call, Expected, Ref
from tests.model.forms import is_well_formed, owner_named
from tests.personas.table import Kind

Object = dict[str, Any]
"""As the API shows it, with handles for ids; members that begin with ``_`` are never shown."""


FILTERS = frozenset({"deployment", "reseller", "externalId", "instance", "status", "kind"})
ACTIVE = ("running", "safeMode", "frozen", "stopped")


class Refused(Exception):
    """The status, the code of the problem, and the permission that it names."""


def refuse(when: object, status: int, code: str = "", permission: str = "") -> None:
    """Raise a refusal when there is a reason for it."""
    if when:
        raise Refused(status, code, permission)


def demand(missing: Iterable[str]) -> None:
    """Raise a refusal that names the first of the permissions that are missing."""
    for permission in sorted(missing)[:1]:
        raise Refused(403, "PERMISSION_MISSING", permission)


def shown(one: Object) -> Object:
    """Return what the API shows of an object."""
    return {name: value for name, value in one.items() if not name.startswith("_")}


class Rules:
    """A model whose methods are the rules; the most general one is ``act``."""

    names: dict[tuple[Ref, str], Object]
    operations: dict[Ref, Object]
    now: Expected
    who: Callable[[Call], Object]
    found: Callable[[Object, Call], Object]
    reached: Callable[[Object, Call, Ref], Object]
    sees: Callable[[Object, Object], bool]
    begin: Callable[[Object, Call, Object], None]

    def expect(self, call: Call) -> Expected:
        """Return what must come of a call, and be in the state after it."""
        self.now, known = Expected(call.row.status), len(self.operations)
        names = self.names.copy()
        try:
            refuse(call.planted, 404, "NOT_FOUND")
            who = {} if call.row.kind is Kind.PUBLIC else self.who(call)
            if who and not is_well_formed(call):
                self.reached(who, call, owner_named(call) or who["reseller"])
                refuse(call, 422, "INVALID_INPUT")
            answer = self.rule(call)(who, call, self.found(who, call) if who else {})
        except Refused as refusal:
            self.now.status, self.now.code, self.now.permission = refusal.args
            self.names = names  # whoever is refused keeps nothing
            for begun in list(self.operations.values())[known:]:
                begun["status"] = "failed"
        else:
            self.now.items = answer if call.name.startswith("list") else None
            self.now.body = {} if call.name.startswith("list") else shown(answer or {})
        return self.now

    def rule(self, call: Call) -> Callable[[Object, Call, Object], Any]:
        """Return the rule of an operation, that of its verb, or that of all verbs."""
        verb = call.rule.partition("_")[0]
        general = f"{verb}_inside" if "{instance}/" in call.path else verb
        found = [getattr(self, name, None) for name in (call.rule, general, "act")]
        return next(filter(None, found))

    def list(self, who: Object, call: Call, _: Object) -> dict[Any, Object]:
        """Return what is seen of a table, and has the members that are asked for."""
        table = getattr(self, call.rule.partition("_")[2])
        wanted = {name: value for name, value in call.query.items() if name in FILTERS}.items()
        seen = {handle: one for handle, one in table.items() if self.sees(who, one)}
        return {handle: shown(one) for handle, one in seen.items() if wanted <= one.items()}

    def get(self, who: Object, call: Call, one: Object) -> Object:
        """Return what was found; the deployment is asked for a live instance."""
        if one.get("status") in ACTIVE:
            self.begin(who, call, one)
        return one

    cancel = get
