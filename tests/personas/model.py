"""Who may do what: a second opinion, which shares nothing with the code that decides."""

from dataclasses import dataclass

from tests.personas.table import Kind, Row
from tests.world import INSIDE

BELOW = {"root": {"root", "A", "A1", "B"}, "A": {"A", "A1"}, "A1": {"A1"}, "B": {"B"}}
"""Which resellers each one reaches: itself and its descendants, never an ancestor."""

ABSENT = "absent"

DEPLOYMENT_WIDE = (
    "administrators:",
    "commands:",
    "deployments:",
    "hosts:",
    "instances:purge",
    "profiles:any",
    "stores:paths",
    "system-smtp:",
)


@dataclass(frozen=True)
class Persona:
    """Somebody who calls.

    Args:
        name: as the world calls it.
        reseller: whose client it is; empty when it is nobody's.
        role: ``all``, ``reads`` or ``inside``.
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

    def may(self, permission: str) -> bool:
        """Whether it holds a permission."""
        if permission.startswith(DEPLOYMENT_WIDE):
            return self.reseller == "root" and self.role == "all"
        if self.role == "inside":
            return permission in INSIDE
        return self.role == "all" or permission.endswith(":read")

    def reaches(self, owner: str) -> bool:
        """Whether it sees what an owner has."""
        return self.is_known and owner in BELOW[self.reseller]


PERSONAS = (
    Persona("operator", "root", meets=("A", ABSENT)),
    Persona("root_reader", "root", "reads"),
    Persona("a_admin", "A", meets=("A", "A1", "B", ABSENT)),
    Persona("a_reader", "A", "reads", meets=("A", "B")),
    Persona("a_portal", "A", "inside", restricted=True, meets=("A", ABSENT)),
    Persona("a1_admin", "A1", meets=("A1", "A")),
    Persona("b_admin", "B", meets=("B", "A")),
    Persona("disabled"),
    Persona("anonymous"),
    Persona("garbage"),
)


@dataclass(frozen=True)
class Expected:
    """An outcome: the status, and the permission that a 403 must name."""

    status: int
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
        return Expected(401)
    if not _sees(row.kind, persona, owner):
        return Expected(404)
    may = not row.permission or persona.may(row.permission)
    if not may or (row.kind is Kind.CREATE and persona.restricted):
        return Expected(403, row.permission)
    return Expected(row.status)


def _sees(kind: Kind, persona: Persona, owner: str) -> bool:
    if kind in {Kind.SELF, Kind.LIST, Kind.FLEET}:
        return True
    if owner == ABSENT:
        return False
    if kind is Kind.DEPLOYMENT:
        return persona.reseller == "root"
    hidden = persona.restricted and kind in {Kind.INSTANCE, Kind.OPERATION}
    return persona.reaches(owner) and not hidden
