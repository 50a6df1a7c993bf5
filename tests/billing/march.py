"""A month in which one instance stays and one goes to another reseller, and its readings."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.access.permissions import Permission
from gateway.access.principal import Principal
from gateway.billing.closing import Closing
from gateway.billing.statements import Statements
from gateway.billing.verification import Finding, Verdict, verify
from gateway.model import (
    Figure,
    Instance,
    Measure,
    Month,
    Prefix,
    Reach,
    Reading,
    Reseller,
    Statement,
    new_id,
    now,
    statement_id,
)
from gateway.storage import figures, readings, statements
from gateway.storage.witness import Attested
from gateway.tenancy.caller import Caller
from tests.billing.scene import DEPLOYMENT, HOUR, ROOT, Scene

MARCH = Month.named("2026-03")
APRIL = datetime(2026, 4, 1, 0, 30, tzinfo=UTC)
SECONDS = 3600
USERS = ["jane", "$archiveadmin", "Joe"]


class March:
    """March 2026 of two resellers.

    Args:
        scene: where it happens.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.owner = scene.owner
        self.other = scene.reseller("other")
        self.closing = Closing(scene.database, SECONDS)
        self.statements = Statements(scene.database, SECONDS)
        self.acme = scene.instance("acme", display_name="Acme Ltd", external_id="A-1")
        self.moved = scene.instance("moved")
        self._pass()

    def _pass(self) -> None:
        scene = self.scene
        for acme in (10, 12, 11):
            scene.read(acme=acme, moved=4)
            scene.later()
        self.users(self.acme, USERS)
        scene.later()
        scene.transfer(self.moved, self.other)
        scene.later()
        scene.read(moved=6)
        scene.clock.move_to(APRIL)
        scene.read(acme=99)

    def users(self, instance: Instance, names: list[str]) -> None:
        """Note that users of an instance were read."""
        answer = [{"userName": name} for name in names]
        bare = Reading(
            new_id(Prefix.READING), DEPLOYMENT, instance.id, "GetUsers", now(), None, None
        )
        with self.scene.database.write() as connection:
            made = readings.note(connection, bare, answer)
            owner = (instance.reseller, DEPLOYMENT, made.id)
            figures.note(connection, Figure(instance.id, Measure.USERS, made.time, 2, *owner))

    def close(self) -> Statement:
        """Close all days and all months; return the owner's statement."""
        self.scene.later(2 * HOUR)
        self.scene.day_close.run()
        self.closing.run()
        return self.statement()

    def id_of(self, reseller: Reseller | None = None) -> str:
        """Return the id of a reseller's statement; by default the owner's."""
        return statement_id((reseller or self.owner).id, MARCH)

    def statement(self, reseller: Reseller | None = None) -> Statement:
        """Return a reseller's closed statement."""
        with self.scene.database.read() as connection:
            found = statements.find(connection, Reach("/"), self.id_of(reseller))
        assert found is not None
        return found

    def lines(self, reseller: Reseller | None = None) -> Mapping[str, Mapping[str, Any]]:
        """Return what a closed statement has of the measures of each instance."""
        with self.scene.database.read() as connection:
            found = statements.lines(connection, self.id_of(reseller))
        return {str(line.instance): line.figures["measures"] for line in found}

    def verdict(self, witnessed: list[Attested] | None = None) -> Verdict:
        """Verify everything."""
        with self.scene.database.snapshot() as connection:
            return verify(connection, witnessed or [], lambda _: None)

    def findings(self) -> set[tuple[str, str | None, int]]:
        """Return what the verification finds: fault, subject and number."""
        return {_told(finding) for finding in self.verdict().findings}

    def late(self, days: float) -> None:
        """Let days pass."""
        self.scene.clock.shift(timedelta(days=days))


def _told(finding: Finding) -> tuple[str, str | None, int]:
    return (str(finding.fault), finding.subject, finding.number)


def caller(
    reseller: Reseller = ROOT,
    permission: Permission | None = None,
    **principal: Any,  # noqa: ANN401 - members of Principal
) -> Caller:
    """Make a caller with every permission."""
    default: dict[str, Any] = {
        "reach": Reach(reseller.path),
        "permissions": frozenset(Permission),
        "is_operator": reseller.is_root,
    }
    who = Principal(new_id(Prefix.CLIENT), reseller.id, **(default | principal))
    return Caller(who, "test", permission, "req-1")
