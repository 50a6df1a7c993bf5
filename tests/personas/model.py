"""Who may do what: a second opinion, which shares nothing with the code that decides."""

from dataclasses import dataclass

from tests.personas.table import Kind, Row
from tests.world import INSIDE

BELOW = {
    "root": {"root", "A", "A1", "B", "C", "C1", "S", "S1"},
    "A": {"A", "A1"},
    "A1": {"A1"},
    "B": {"B"},
    "C1": {"C1"},
    "S": {"S", "S1"},
    "S1": {"S1"},
}
"""Which resellers each one reaches: itself and its descendants, never an ancestor."""

SUSPENDED = {"S", "S1"}
"""Which resellers are suspended: S itself, S1 because of S."""

ABSENT = "absent"
STRANGERS = ("A", ABSENT)
"""Whose objects those are tried on who are nobody's."""

DEPLOYMENT_WIDE = (
    "administrators:",
    "clients:federate",
    "commands:",
    "deployments:",
    "hosts:",
    "instances:adopt",
    "instances:purge",
    "operations:resolve",
    "profiles:any",
    "reconciliation:",
    "resellers:unlimited",
    "statements:correct",
    "stores:paths",
    "system-smtp:",
)


ROLES = {
    "billing": {"instances:read", "resellers:read", "statements:read", "usage:read"},
    "inside": frozenset(INSIDE),
}
"""Roles that are the permissions of a list."""

SUPPORT = {"instances:operate", "operations:cancel", "stores:run"}
"""What support may do besides reading."""


@dataclass(frozen=True)
class Persona:
    """Somebody who calls.

    Args:
        name: as the world calls it.
        reseller: whose client it is; empty when it is nobody's.
        role: what it may do in effect: ``all``, ``reads``, ``support``, ``billing`` or ``inside``.
        restricted: sees one instance only.
        meets: whose objects it is tried on: its own, a foreign one, an absent one.
    """

    name: str
    reseller: str = ""
    role: str = "all"
    restricted: bool = False
    meets: tuple[str, ...] = ("A",)

    @property
    def is_known(self) -> bool:
        """Whether its token counts."""
        return bool(self.reseller)

    @property
    def is_suspended(self) -> bool:
        """Whether it may only ask who it is."""
        return self.reseller in SUSPENDED

    def may(self, permission: str) -> bool:
        """Whether it holds a permission."""
        if permission.startswith(DEPLOYMENT_WIDE):
            return self.reseller == "root" and self.role == "all"
        if self.role in ROLES:
            return permission in ROLES[self.role]
        reads = permission.endswith(":read")
        return self.role == "all" or reads or (self.role == "support" and permission in SUPPORT)

    def reaches(self, owner: str) -> bool:
        """Whether it sees what an owner has."""
        return self.is_known and owner in BELOW[self.reseller]


PERSONAS = (
    Persona("operator", "root", meets=("A", ABSENT)),
    Persona("root_reader", "root", "reads", meets=("A", ABSENT)),
    Persona("a_admin", "A", meets=("A", "A1", "B", ABSENT)),
    Persona("a_reader", "A", "reads", meets=("A", "B", ABSENT)),
    Persona("a_support", "A", "support", meets=("A", "B", ABSENT)),
    Persona("a_billing", "A", "billing", meets=("A", "B", ABSENT)),
    Persona("a_portal", "A", "inside", restricted=True, meets=("A", "B", ABSENT)),
    Persona("a1_admin", "A1", meets=("A1", "A", ABSENT)),
    Persona("b_admin", "B", meets=("B", "A", ABSENT)),
    Persona("bounded", "C1", "reads", meets=("C1", "A", ABSENT)),
    Persona("suspended", "S", meets=("S", "A", ABSENT)),
    Persona("below_suspended", "S1", meets=("S1", "S", ABSENT)),
    Persona("disabled", meets=STRANGERS),
    Persona("expired", meets=STRANGERS),
    Persona("revoked", meets=STRANGERS),
    Persona("anonymous", meets=STRANGERS),
    Persona("garbage", meets=STRANGERS),
)


@dataclass(frozen=True)
class Expected:
    """An outcome: the status, and the code and the permission that a refusal must name."""

    status: int
    code: str = ""
    permission: str = ""

    @property
    def succeeds(self) -> bool:
        """Whether the call is carried out."""
        return self.status < 300


def expected(row: Row, persona: Persona, owner: str) -> Expected:
    """Return what must come of a call.

    Args:
        row: the operation.
        persona: who calls.
        owner: whose the object is, or ``ABSENT``.
    """
    if row.kind is Kind.PUBLIC:
        return Expected(row.status)
    if not persona.is_known:
        return Expected(401, "UNAUTHENTICATED")
    if persona.is_suspended and row.name != "getMe":
        return Expected(403, "RESELLER_SUSPENDED")
    if not _sees(row.kind, persona, owner):
        return Expected(404, "NOT_FOUND")
    may = not row.permission or persona.may(row.permission)
    if not may or (row.kind is Kind.CREATE and persona.restricted):
        return Expected(403, "PERMISSION_MISSING", row.permission)
    return Expected(row.status)


HIDDEN = frozenset({Kind.INSTANCE, Kind.OPERATION, Kind.CLIENT, Kind.WEBHOOK})
"""Of these, who is restricted to another instance sees none."""


def _sees(kind: Kind, persona: Persona, owner: str) -> bool:
    if kind in {Kind.SELF, Kind.LIST, Kind.FLEET}:
        return True
    if owner == ABSENT:
        return False
    if kind is Kind.DEPLOYMENT:
        return persona.reseller == "root"
    hidden = persona.restricted and kind in HIDDEN
    return persona.reaches(owner) and not hidden
