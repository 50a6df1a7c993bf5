"""Who is told anything at all."""

from collections.abc import Iterable
from typing import Final, Protocol, TypeVar

from sqlalchemy import Connection

from gateway.model import Reach
from gateway.storage import resellers

EVERYBODY: Final = Reach("/")


class OfReseller(Protocol):
    """Something of a reseller; its path is that of the tree of resellers."""

    @property
    def reseller_path(self) -> str:
        """Path of the reseller, from the root."""


Mine = TypeVar("Mine", bound=OfReseller)


def heard(connection: Connection, found: Iterable[Mine]) -> list[Mine]:
    """Return those of active resellers: of what the suspended have, nothing is told."""
    some = list(found)
    paused = tuple(resellers.suspended_paths(connection, EVERYBODY)) if some else ()
    return [each for each in some if not each.reseller_path.startswith(paused)]
