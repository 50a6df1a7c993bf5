"""An example for each answer that is JSON, made from its schema.

What an example of a body takes is answered by the examples of the same tag; other members have a
believable word of their name, or the plainest value of their type.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from gateway.web.contract.fitting import fits
from gateway.web.contract.shapes import Shape, shape_of
from gateway.web.contract.tree import Json, operations
from gateway.web.contract.words import ANSWERS, WORDS

_BODY: Final = "application/json"
_FORMATS: Final = MappingProxyType({"date-time": "2026-11-21T08:30:00Z", "date": "2026-11-21"})
_PLAIN: Final = MappingProxyType({"boolean": False, "integer": 1, "number": 1.5, "string": "text"})
_SOMETIMES: Final = re.compile(r"\b[Nn]ull\b")
"""In a description: it says when there is no value, as there mostly is none."""

_RUNNING: Final = MappingProxyType({"status": "running"})
"""How an operation is when a call is answered with it."""


def add_samples(document: Json) -> None:
    """Write an example into each answer that is JSON and has none.

    Args:
        document: the contract, complete.
    """
    for together in _by_tag(document):
        sent = {key: value for each in together for key, value in _sent(each).items()}
        for operation in together:
            answered = ANSWERS.get(operation["operationId"], {})
            for answer in operation["responses"].values():
                _add(answer, _Sampler(document, {**sent, **_sent(operation), **answered}))
    _add(document["components"]["responses"].get("Accepted", {}), _Sampler(document, _RUNNING))


def _by_tag(document: Json) -> Iterator[list[Json]]:
    found: dict[str, list[Json]] = {}
    for _, _, operation in operations(document):
        found.setdefault(operation["tags"][0], []).append(operation)
    yield from found.values()


def _sent(operation: Json) -> Json:
    """Return the example of an operation's body."""
    content = operation.get("requestBody", {}).get("content", {}).get(_BODY, {})
    shown = (each["value"] for each in content.get("examples", {}).values())
    return dict(content.get("example") or next(shown, {}))


def _add(answer: Json, sampler: "_Sampler") -> None:
    media = answer.get("content", {}).get(_BODY)
    if media and not {"example", "examples"} & set(media):
        media["example"] = sampler.of(media["schema"])


@dataclass(frozen=True)
class _Sampler:
    """Makes examples.

    Attributes:
        document: where references lead.
        sent: values to prefer, by the names of members.
        above: the components in which the value is.
    """

    document: Json
    sent: Mapping[str, Any]
    above: tuple[str, ...] = ()

    def of(self, schema: Json, member: str = "") -> Any:  # noqa: ANN401 # JSON
        """Return an example of a schema, and of a member if the value is one."""
        known = (each for each in self._known(schema, member) if fits(each, schema, self.document))
        missing = object()
        value = next(known, missing)
        return self._plain(shape_of(schema, self.document), member) if value is missing else value

    def _known(self, schema: Json, member: str) -> Iterator[Any]:
        """Yield what may be the value, the best first."""
        said = shape_of(schema, self.document).says
        yield from [said[key] for key in ("const", "example") if key in said]
        for name in (f"{self.above[-1]}.{member}" if self.above else "", member):
            yield from [self.sent[name]] if name in self.sent else []
            if name == member and _SOMETIMES.search(said.get("description", "")):
                yield None
            yield from [WORDS[name]] if name in WORDS else []
        yield from said.get("x-extensible-enum") or said.get("enum") or ()
        yield from [_FORMATS[said["format"]]] if said.get("format") in _FORMATS else []

    def _plain(self, shape: Shape, member: str) -> Any:  # noqa: ANN401 # JSON
        kind = min(shape.types - {"null"}, default="object")
        if shape.component in self.above or (kind in _PLAIN and "null" in shape.types):
            return None
        if kind == "array":
            return [self.of(shape.says["items"], member)]
        if kind != "object":
            return _PLAIN[kind]
        inner = replace(self, above=(*self.above, *filter(None, [shape.component])))
        extra = shape.says.get("additionalProperties")
        keys = {WORDS["deployment"]: extra} if isinstance(extra, dict) and extra else {}
        return {name: inner.of(said, name) for name, said in {**shape.members, **keys}.items()}
