"""What a command of the Management API is, as data.

Five readers use a :class:`Command`: encoding, tenancy, the retry rule, audit and the
coverage table. A declaration that contradicts itself raises when it is imported.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final, TypeGuard

from gateway.errors import DeclarationError

_COMMAND_NAME: Final = re.compile(r"[A-Z][A-Za-z0-9]*", re.ASCII)
_INSTANCE_ID: Final = re.compile(r"[a-z][a-z0-9-]{2,31}", re.ASCII)


def is_instance_id(value: object) -> TypeGuard[str]:
    """Whether a value is exactly one legal instance id (law 1).

    The alphabet holds no character of the filter grammar, so an id can never
    address more than one instance. Source: function reference, CreateInstance.
    """
    return isinstance(value, str) and _INSTANCE_ID.fullmatch(value) is not None


class Target(Enum):
    """Where a command names what it works on."""

    DEPLOYMENT = "deployment"
    INSTANCE = "instance"
    INSTANCE_FILTER = "instanceFilter"
    CONFIG = "config"


class Effect(Enum):
    """What a command does to the deployment."""

    READ = "read"
    IDEMPOTENT_WRITE = "idempotentWrite"
    CREATE_NAMED = "createNamed"
    CREATE_NUMBERED = "createNumbered"
    DESTROY = "destroy"
    RUN = "run"

    @property
    def changes(self) -> bool:
        """Whether the deployment may be different afterwards."""
        return self is not Effect.READ


class Evidence(Enum):
    """How the outcome is found when the answer to a command was lost."""

    NONE_NEEDED = "noneNeeded"
    """A read changes nothing: ask again."""

    SEND_AGAIN = "sendAgain"
    """Doing it twice equals doing it once: send it once more under the lock."""

    BY_NAME = "byName"
    """Look for the name that we gave."""

    BY_DIRECTORY = "byDirectory"
    """Look for the directory that we derived."""

    BY_LISTING = "byListing"
    """Compare the list with the one read before, under the lock."""

    BY_STATE = "byState"
    """Read the state that the command should have brought about."""

    UNKNOWABLE = "unknowable"
    """Nothing readable tells; the operation ends as unknown."""


class ParamType(StrEnum):
    """The argument types of the function reference."""

    STRING = "string"
    NUMBER = "number"
    BOOL = "bool"
    JSON = "json"


@dataclass(frozen=True)
class Param:
    """One argument of a command.

    Attributes:
        name: as the vendor spells it; case matters.
        type: how it is written in the form.
        required: must be given; an optional one is left out rather than sent empty.
        values: the only values allowed (of the elements, for a list); empty for any.
        is_list: a string that holds elements separated by commas.
        takes_array: JSON that may be an array instead of an object.
        secret: holds a credential; never stored, logged or shown in clear.
    """

    name: str
    type: ParamType
    required: bool = True
    values: tuple[str | int, ...] = ()
    is_list: bool = False
    takes_array: bool = False
    secret: bool = False

    def __post_init__(self) -> None:
        if self.is_list and self.type is not ParamType.STRING:
            raise DeclarationError(f"{self.name}: only a string holds a list.")
        if self.takes_array and self.type is not ParamType.JSON:
            raise DeclarationError(f"{self.name}: only JSON holds an array.")
        kinds = {ParamType.STRING: str, ParamType.NUMBER: int}
        if self.values and not all(type(value) is kinds.get(self.type) for value in self.values):
            raise DeclarationError(f"{self.name}: the values are not of its type.")


INSTANCE_ID: Final = Param("instanceID", ParamType.STRING)
INSTANCE_FILTER: Final = Param("instanceFilter", ParamType.STRING)
CONFIG: Final = Param("config", ParamType.JSON)

_NAMED_BY: Final = {
    Target.INSTANCE: INSTANCE_ID,
    Target.INSTANCE_FILTER: INSTANCE_FILTER,
    Target.CONFIG: CONFIG,
}
_PROVEN_BY: Final = {
    Effect.READ: {Evidence.NONE_NEEDED},
    Effect.IDEMPOTENT_WRITE: {Evidence.SEND_AGAIN, Evidence.BY_STATE},
    Effect.CREATE_NAMED: {Evidence.BY_NAME, Evidence.BY_DIRECTORY},
    Effect.CREATE_NUMBERED: {Evidence.BY_LISTING, Evidence.BY_DIRECTORY},
    Effect.DESTROY: {Evidence.BY_NAME, Evidence.BY_LISTING, Evidence.BY_STATE},
    Effect.RUN: {Evidence.BY_STATE, Evidence.BY_LISTING, Evidence.UNKNOWABLE},
}
_SECONDS: Final = {
    Effect.READ: 30.0,
    Effect.IDEMPOTENT_WRITE: 60.0,
    Effect.CREATE_NAMED: 60.0,
    Effect.CREATE_NUMBERED: 60.0,
    Effect.DESTROY: 60.0,
    Effect.RUN: 60.0,
}


@dataclass(frozen=True)
class Command:
    """One command of the Management API.

    Attributes:
        name: as the vendor spells it.
        target: where the tenant is named.
        effect: what it does.
        params: its arguments, in the order of the reference.
        needs_service_provider_access: refused until the customer has switched that on.
        evidence: how its outcome is found when the answer was lost.
        deadline_seconds: for the whole of one call, up to SPE's first answer; 0 in a
            declaration means the default of the effect.

    Raises:
        DeclarationError: the declaration contradicts itself.
    """

    name: str
    target: Target
    effect: Effect
    params: tuple[Param, ...]
    needs_service_provider_access: bool
    evidence: Evidence
    deadline_seconds: float = 0

    def __post_init__(self) -> None:
        for fault in self._faults():
            raise DeclarationError(f"{self.name}: {fault}.")
        if not self.deadline_seconds:
            object.__setattr__(self, "deadline_seconds", _SECONDS[self.effect])

    def _faults(self) -> Iterator[str]:
        if not _COMMAND_NAME.fullmatch(self.name):
            yield "this is not the name of a command"
        names = [param.name for param in self.params]
        if len(set(names)) < len(names):
            yield "an argument is declared twice"
        if self.deadline_seconds < 0:
            yield "a deadline lies in the future"
        if self.evidence not in _PROVEN_BY[self.effect]:
            yield f"{self.evidence.name} does not prove the outcome of a {self.effect.name}"
        if self.needs_service_provider_access and self.target is not Target.INSTANCE:
            yield "service provider access is granted by an instance"
        yield from self._target_faults()

    def _target_faults(self) -> Iterator[str]:
        naming = _NAMED_BY.get(self.target)
        if naming and naming not in self.params:
            yield f"the target needs the argument {naming.name}"
        names = {param.name for param in self.params}
        for other in (INSTANCE_ID, INSTANCE_FILTER):
            if other.name in names and other != naming:
                yield f"the argument {other.name} names another target"
