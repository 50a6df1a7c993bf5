"""The schema's revisions as files: which one this code is made for, and whose code runs on which.

A migration says in ``oldest`` which is the oldest code, by the revision it is made for, that runs
on the schema afterwards. One that only adds (expands) names an older one; one that says nothing,
or takes away (contracts), runs with its own code only.
"""

from pathlib import Path
from typing import Final

from gateway.errors import StorageUnavailable

MIGRATIONS: Final = Path(__file__).parent / "migrations"
NEWEST: Final = max(
    path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py")
)
"""The revision that this code is made for."""

APPLICATION: Final = "spe-gateway "
"""How our connections are named on PostgreSQL, before the revision of their code."""


class WrittenByNewer(StorageUnavailable):
    """A newer version of the gateway wrote what this one cannot read; that one can."""

    code = "WRITTEN_BY_NEWER"
    title = "A newer version of the gateway has to answer this"
