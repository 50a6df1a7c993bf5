"""What each operation needs, as ``operations.txt`` has it, with a body for each that takes one."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any

JSON = Mapping[str, Any]
Body = Callable[[JSON], JSON]


class Kind(Enum):
    """What an operation is about, which decides what a caller without a right is told."""

    PUBLIC = auto()
    SELF = auto()
    LIST = auto()
    CREATE = auto()
    FLEET = auto()
    """All deployments together: a right that only operators have."""

    DEPLOYMENT = auto()
    INSTANCE = auto()
    RESELLER = auto()
    CLIENT = auto()
    OPERATION = auto()


ABOUT_ONE = frozenset({Kind.DEPLOYMENT, Kind.INSTANCE, Kind.RESELLER, Kind.CLIENT, Kind.OPERATION})


@dataclass(frozen=True)
class Row:
    """An operation.

    Args:
        name: its operationId.
        method: of HTTP.
        path: the braces are filled with a target's ids.
        kind: what it is about.
        permission: what it needs; empty for none.
        status: of its success.
        sends: a command that its success must have brought to a deployment; empty for none.
        state: what the target must be like before; empty for as it is made.
    """

    name: str
    method: str
    path: str
    kind: Kind
    permission: str
    status: int
    sends: str
    state: str

    @property
    def reads(self) -> bool:
        """Whether it leaves everything as it was."""
        return self.method == "GET"

    def body(self, target: JSON) -> JSON | None:
        """Return a body with which it succeeds, or None when it takes none."""
        make = BODIES.get(self.name)
        return None if make is None else make(target)


def _just(**members: Any) -> Body:  # noqa: ANN401 # JSON
    return lambda _: members


NEW = "CANARY-new-"
BODIES: dict[str, Body] = {
    "createReseller": lambda target: {"name": NEW, "parent": target["reseller"]},
    "createClient": lambda target: {"name": NEW, "reseller": target["reseller"]},
    "createInstance": lambda target: {
        "instanceID": target["name"],
        "displayName": NEW,
        "reseller": target["reseller"],
    },
    "updateReseller": _just(name=NEW),
    "updateClient": _just(name=NEW),
    "createDeployment": lambda target: target["registration"],
    "probeDeployment": lambda target: {"host": "127.0.0.1", "port": target["port"]},
    "updateDeployment": _just(capacity=500),
    "invokeCommand": _just(arguments={}),
    "updateInstance": _just(displayName=NEW),
    "purgeInstance": lambda target: {"instanceID": target["name"], "legalHoldChecked": True},
    "startInstance": _just(safeMode=False),
    "setArchiveAdmin": _just(enabled=False),
    "createStore": _just(name=NEW),
    "updateStore": _just(name=NEW),
    "verifyStore": _just(includeIndexes=False),
    "verifyStores": _just(includeIndexes=False),
    "setStoreAutoCreation": _just(sizeThreshold="5 GB"),
    "attachStore": lambda target: {"name": NEW, "databasePath": target["path"]},
    "createUser": _just(userName="joe"),
    "updateUser": _just(fullName=NEW),
}


def _rows() -> Iterator[Row]:
    text = (Path(__file__).parent / "operations.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, method, path, kind, *rest = ("" if word == "-" else word for word in line.split())
            permission, status, sends, state = rest
            yield Row(name, method, path, Kind[kind], permission, int(status), sends, state)


TABLE = {row.name: row for row in _rows()}
"""By operationId."""
