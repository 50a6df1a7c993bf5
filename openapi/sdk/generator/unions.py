"""One schema for the several kinds of success that a call can have."""

import copy
from collections.abc import Iterator, Sequence
from typing import Final

from gateway.web.contract.tree import SCHEMAS, Json, operations, resolved, schema_name

OPERATION: Final = "Operation"
ALTERNATIVES: Final = "x-alternatives"
"""In a union: its schemas by name, each with the fields by which it is told from the others."""

_JSON: Final = "application/json"


class Unions:
    """One schema for calls that have several kinds of success.

    Args:
        document: is changed.
        keyword: ``anyOf`` or ``oneOf``, whichever the generator makes more of.
    """

    def __init__(self, document: Json, keyword: str) -> None:
        self._document = document
        self._keyword = keyword
        self._schemas: Json = document["components"]["schemas"]

    def put(self) -> None:
        """Let each such call answer the union of its successes, whatever the status."""
        for _, _, call in operations(self._document):
            contents = list(self._contents(call))
            names = sorted({self._plain(schema_name(each["schema"])) for each in contents})
            if not names:
                continue
            union = names[0] if len(names) == 1 else self._union(names)
            for each in contents:
                each["schema"] = {"$ref": SCHEMAS + union}

    def _contents(self, call: Json) -> Iterator[Json]:
        for status, answer in call["responses"].items():
            if status < "300":
                call["responses"][status] = _own(self._document, answer)
                content = call["responses"][status].get("content", {})
                if _JSON in content:
                    yield content[_JSON]

    def _union(self, names: Sequence[str]) -> str:
        """Return the name of the union of schemas.

        The first that has all of its fields is taken, so those with the most of them come first.
        """
        ordered = sorted(names, key=lambda each: (-len(self._fields(each)), each))
        union = "Or".join(sorted(names, key=lambda each: (each == OPERATION, each)))
        self._schemas[union] = {
            self._keyword: [{"$ref": SCHEMAS + each} for each in ordered],
            "description": f"Either of {', '.join(ordered)}.",
            ALTERNATIVES: [{"name": each, "fields": self._fields(each)} for each in ordered],
        }
        return union

    def _plain(self, name: str) -> str:
        """Return a schema's name; a special operation is an operation: nobody can tell them."""
        return OPERATION if self._fields(name) == self._fields(OPERATION) else name

    def _fields(self, name: str) -> Sequence[str]:
        required: Sequence[str] = self._schemas[name].get("required", ())
        return required


def _own(document: Json, answer: Json) -> Json:
    """Return an answer that may be changed for one call."""
    return copy.deepcopy(resolved(answer, document)) if "$ref" in answer else answer
