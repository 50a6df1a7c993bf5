"""What a deployment lists, checked: nothing in it is taken for more than it can be.

A reply may be anything (a fault, a foreign server, an attack). A list with an id twice is no
answer at all. A row whose id no instance can have (``*``, a path, nothing) is left out and
counted; so is an instance host without a usable name. Of the other rows only the known members
are taken, where they are of the right type.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from gateway.errors import ReplyInvalid
from gateway.model import version_of

INSTANCE_ID: Final = re.compile(r"[a-z][a-z0-9-]{2,31}")
LONGEST: Final = 500
"""Characters of a text in a row; a longer one is left out."""

SERVER_NAME: Final = 255

Row = dict[str, Any]


@dataclass(frozen=True)
class Listed:
    """A checked answer.

    Attributes:
        rows: of the instances, by the names that SPE knows.
        ignored: how many rows were none of an instance.
        hosts: rows of the instance hosts, by their names.
    """

    rows: Mapping[str, Row]
    ignored: int
    hosts: Mapping[str, Row]

    @cached_property
    def version(self) -> str:
        """Another one as soon as any member of any row is another."""
        return version_of(vars(self))


def listed(instances: list[Row], hosts: list[Row]) -> Listed:
    """Check the rows of GetInstances and of GetInstanceHosts.

    Raises:
        ReplyInvalid: an instance is listed twice.
    """
    usable = [row for row in instances if _is_instance(row.get("instanceID"))]
    rows = {row["instanceID"]: _narrowed(row, _INSTANCE) for row in usable}
    if len(rows) < len(usable):
        raise ReplyInvalid("The deployment lists an instance twice.")
    servers = [row for row in hosts if _is_server(row.get("serverName"))]
    return Listed(
        rows,
        len(instances) - len(usable),
        {row["serverName"]: _narrowed(row, _HOST) for row in servers},
    )


def _is_instance(name: object) -> bool:
    return isinstance(name, str) and INSTANCE_ID.fullmatch(name) is not None


def _is_server(name: object) -> bool:
    return isinstance(name, str) and 0 < len(name) <= SERVER_NAME and name.isprintable()


def _is_text(value: object) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= LONGEST)


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool))


def _is_certificate(value: object) -> bool:
    return isinstance(value, dict) and value.keys() == {"thumbprint"} and _is_text(*value.values())


Check = Callable[[object], bool]

_INSTANCE: Final[Mapping[str, Check]] = {
    "instanceID": _is_text,
    "alias": _is_text,
    "displayName": _is_text,
    "instanceHost": _is_text,
    "baseDirectory": _is_text,
    "startMode": _is_text,
    "processID": _is_number,
    "status": _is_text,
    "startStopError": _is_text,
}
_HOST: Final[Mapping[str, Check]] = {
    "serverName": _is_text,
    "port": _is_number,
    "serverCertificate": _is_certificate,
    "baseDirectory": _is_text,
}


def _narrowed(row: Row, members: Mapping[str, Check]) -> Row:
    return {name: row[name] for name, fits in members.items() if name in row and fits(row[name])}
