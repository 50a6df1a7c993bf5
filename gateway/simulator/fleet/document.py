"""What the file of a fleet may say: its keys, their types and their bounds."""

import base64
import binascii
import re
from collections import Counter
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from gateway.simulator.conduct import CONDITIONS
from gateway.simulator.faults import KINDS
from gateway.simulator.latency import CLASSES
from gateway.simulator.reference import signatures

NAME = re.compile(r"[a-z][a-z0-9-]{0,24}")
VERSION = re.compile(r"\d+(\.\d+){1,3}")
CONTROL_CALLS = ("get-metadata", "get-status", "cancel-async")
TOGETHER = 10_000
LAST_PORT = 65535
SHAPES = {"between", "median", "p99"}

Seconds = Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


def wrong(words: str) -> PydanticCustomError:
    """Return the error that says what is allowed."""
    return PydanticCustomError("wrong", "{words}", {"words": words})


class Part(BaseModel):
    """A mapping of the file: camel-case keys, no others, nothing converted."""

    model_config = ConfigDict(strict=True, frozen=True, alias_generator=to_camel)

    @model_validator(mode="before")
    @classmethod
    def _known(cls, given: Any) -> Any:  # noqa: ANN401 - whatever the file has
        allowed = [str(field.alias) for field in cls.model_fields.values()]
        if not isinstance(given, dict):
            raise wrong(f"must be a mapping of {', '.join(allowed)}")
        if unknown := [key for key in given if key not in allowed]:
            raise PydanticCustomError(
                "unknown",
                "is unknown here; allowed are {allowed}",
                {"key": unknown[0], "allowed": ", ".join(allowed)},
            )
        return given


def _one_or_bounds(given: Any) -> Any:  # noqa: ANN401 - whatever the file has
    if type(given) is int:
        return {"min": given, "max": given}
    if not isinstance(given, dict):
        raise wrong("must be a whole number, or {min: 1, max: 3}")
    return given


class Bounds(Part):
    """How many: a number, or `min` and `max`."""

    min: int = Field(ge=0, le=10_000_000)
    max: int = Field(ge=0, le=10_000_000)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            raise wrong("must have a min which is not above its max")
        return self


Number = Annotated[Bounds, BeforeValidator(_one_or_bounds)]


def bounds(number: int) -> Bounds:
    """Return the bounds of a fixed number."""
    return Bounds(min=number, max=number)


class Sizes(Part):
    """What the deployments of a group hold; stores, users and messages are for each instance."""

    instances: Number = bounds(0)
    stores: Number = bounds(1)
    users: Number = bounds(1)
    messages: Number = bounds(1249)
    archive_admin_enabled: bool = False

    @model_validator(mode="after")
    def _bearable(self) -> Self:
        for name, most in (("instances", 100_000), ("stores", 100), ("users", 999)):
            if getattr(self, name).max > most:
                raise wrong(f"has more {name} than {most}")
        return self


def _fixed_or_drawn(given: Any) -> Any:  # noqa: ANN401 - whatever the file has
    if type(given) in {int, float}:
        return {"between": [given, given]}
    if not isinstance(given, dict):
        raise wrong("must be a number of seconds, {between: [a, b]} or {median: a, p99: b}")
    return given


class Drawn(Part):
    """Seconds: a number, evenly `between` two, or with a `median` and a `p99`."""

    between: Annotated[list[Seconds], Field(min_length=2, max_length=2)] | None = None
    median: Annotated[Seconds, Field(gt=0)] | None = None
    p99: Seconds | None = None

    @model_validator(mode="after")
    def _of_one_shape(self) -> Self:
        tail = self.median is not None and self.p99 is not None and self.p99 >= self.median
        even = self.between is not None and self.between[0] <= self.between[1]
        if even == tail or (even and {self.median, self.p99} != {None}):
            raise wrong("must be {between: [a, b]} with a ≤ b, or {median: a, p99: b} with a ≤ b")
        return self


Duration = Annotated[Drawn, BeforeValidator(_fixed_or_drawn)]


def _same_for_all(given: Any) -> Any:  # noqa: ANN401 - whatever the file has
    if isinstance(given, dict) and not SHAPES & given.keys():
        return given
    return dict.fromkeys(CLASSES, _fixed_or_drawn(given))


class Latencies(Part):
    """What calls take by their class, or all of them."""

    read: Duration | None = None
    change: Duration | None = None
    run: Duration | None = None
    poll: Duration | None = None


class AsynchronousCalls(Part):
    """Which share of the commands answers with a token first, and for how long they run."""

    share: Share
    seconds: Seconds = 0.2


def _of_fault(given: str) -> str:
    if given not in KINDS:
        raise wrong(f"must be one of {', '.join(KINDS)}")
    return given


def _of_api(given: str) -> str:
    if given not in {"*", *CONTROL_CALLS, *signatures()}:
        raise wrong(f"must be a command of the API, *, or one of {', '.join(CONTROL_CALLS)}")
    return given


def _of_bytes(given: str) -> str:
    try:
        base64.b64decode(given, validate=True)
    except binascii.Error:
        raise wrong("must be base64") from None
    return given


class PlantedFault(Part):
    """A fault, as the control plane plants it; `faults.Fault` says what each key means."""

    kind: Annotated[str, AfterValidator(_of_fault)]
    command: Annotated[str, AfterValidator(_of_api)] = "*"
    nth: int = Field(1, ge=1)
    share: Share = 1.0
    count: Annotated[int, Field(ge=1)] | None = None
    execute: bool | None = None
    before: Seconds = 0.0
    seconds: Seconds = 1.0
    status: Annotated[int, Field(ge=100, le=599)] | None = None
    text: str = "Service Unavailable"
    body: Annotated[str, AfterValidator(_of_bytes)] = ""
    length: bool = True
    size: int = Field(1000, ge=0)
    url: str = ""


def _of_release(given: Any) -> Any:  # noqa: ANN401 - whatever the file has
    if not isinstance(given, str) or not VERSION.fullmatch(given):
        raise wrong('must be in quotes, such as "14.0", "22.4", "24.4" or "25.3"')
    return given


class Group(Part):
    """Deployments of a kind."""

    name: str
    count: int = Field(1, ge=1, le=TOGETHER)
    version: Annotated[str, BeforeValidator(_of_release)] = "25.3"
    sizes: Sizes = Sizes()
    latency: Annotated[Latencies, BeforeValidator(_same_for_all)] = Latencies()
    asynchronous: AsynchronousCalls | None = None
    faults: list[PlantedFault] = []
    condition: Literal[CONDITIONS] = "up"  # type: ignore[valid-type] # the names stand there

    @model_validator(mode="after")
    def _nameable(self) -> Self:
        if self.count > 1 and "#" not in self.name:
            raise wrong("has a name without # for the number, such as frankfurt-##")
        if not NAME.fullmatch(max(self.names(), key=len)):
            raise wrong("has a name which is not 1 to 25 of a-z, 0-9 and -, with a letter first")
        return self

    def names(self) -> list[str]:
        """Return the names of its deployments; a run of # is the number, with leading zeros."""
        return [
            re.sub("#+", lambda run: f"{number:0{len(run[0])}}", self.name)  # noqa: B023 - called at once
            for number in range(1, self.count + 1)
        ]


class Fleet(Part):
    """The whole file."""

    seed: int = 0
    processes: int = Field(1, ge=1, le=64)
    first_port: int = Field(0, ge=0, le=LAST_PORT)
    groups: list[Group] = Field(min_length=1)

    @model_validator(mode="after")
    def _of_one_piece(self) -> Self:
        names = self.names()
        name, times = Counter(names).most_common(1)[0]
        if times > 1:
            raise wrong(f"names {name} more than once")
        if len(names) > TOGETHER:
            raise wrong(f"has more than {TOGETHER} deployments")
        if self.first_port and self.first_port + len(names) - 1 > LAST_PORT:
            raise wrong("has a firstPort that leaves too few ports")
        return self

    def names(self) -> list[str]:
        """Return the names of all deployments."""
        return [name for group in self.groups for name in group.names()]
