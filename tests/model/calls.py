"""Calls as data: who calls what on what, by handles, so that a plan can be made and replayed."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.personas.table import TABLE, Row

JSON = Mapping[str, Any]


class Ref(str):
    """The handle of an object: what plan and model call it, whatever id the gateway gave it.

    The first letter says what it is: client, deployment, instance, operation, reseller, token.
    """

    __slots__ = ()


@dataclass(frozen=True)
class Call:
    """One call of the REST API.

    Args:
        who: the token it comes with; None for none.
        name: operationId.
        on: what the braces of the path stand for.
        query: of the URL.
        body: JSON; of ``createToken``, ``client`` and ``scope``.
        made: what the object that it makes is to be called.
        planted: a path segment, percent-encoded, that stands where the id of a brace belongs.
    """

    who: Ref | None
    name: str
    on: JSON = field(default_factory=dict)
    query: JSON = field(default_factory=dict)
    body: JSON | None = None
    made: Ref | None = None
    planted: tuple[str, str] | None = None

    @property
    def row(self) -> Row:
        """What the operation needs, as ``operations.txt`` has it."""
        return TABLE[self.name]

    @property
    def rule(self) -> str:
        """The operationId in the spelling of Python."""
        return re.sub("[A-Z]", lambda match: f"_{match[0].lower()}", self.name)

    @property
    def path(self) -> str:
        """The path of the operation, with braces for all that it names."""
        path = self.row.path.partition("?")[0]
        return path.replace("/stores/1", "/stores/{store}").replace("/users/jane", "/users/{user}")

    def __str__(self) -> str:
        where = self.path.format(**{**self.on, **dict([self.planted] if self.planted else [])})
        what = "" if self.body is None else " " + json.dumps(self.body)
        asked = "".join(f" {name}={value}" for name, value in self.query.items())
        made = f" -> {self.made}" if self.made else ""
        return f"{self.who}: {self.row.method} {where}{asked}{what}{made}"


@dataclass
class Expected:
    """What must come of a call.

    Args:
        status: of HTTP.
        code: of the problem; empty where it is none.
        permission: that a 403 must name.
        body: members that the answer must have.
        items: what the whole list must hold, by what names each.
        at: the one instance that commands may address.
        asked: the deployments that may be asked as a whole.
    """

    status: int
    code: str = ""
    permission: str = ""
    body: JSON = field(default_factory=dict)
    items: Mapping[Any, JSON] | None = None
    at: Ref | None = None
    asked: Collection[Ref] = ()
