"""Holds every answer against the contract: an answer that is not documented fails its test."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS31Validator, oas31_format_checker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from werkzeug.test import TestResponse

JSON = dict[str, Any]

METHODS = ("get", "post", "put", "patch", "delete")
ALWAYS = frozenset({"X-Request-Id", "SPE-Gateway-Version"})
TELLING = (
    "ETag",
    "Idempotency-Replayed",
    "Link",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "WWW-Authenticate",
)
"""Headers that are part of an answer's meaning, so none may come undocumented."""

SOMETIMES = frozenset(
    {"Idempotency-Replayed", "Link", "RateLimit", "RateLimit-Policy", "Retry-After"}
)
"""Documented for answers that need not carry them; 202 must carry its Retry-After."""

STREAM = "text/event-stream"
TEXTS = ("text/csv", "application/x-ndjson")
DOCUMENT = Path(__file__).parents[1] / "openapi" / "openapi.json"
BESIDE = re.compile(
    r"/openapi\.(json|yaml)|/openapi-3\.0\.json|/docs(/(events|permissions|problems)|/assets/[^/]+)?"
)
"""Pages that are no part of the contract."""


class Undocumented(AssertionError):
    """The answer is not what the contract says."""


@dataclass(frozen=True)
class Route:
    """One path of the contract."""

    pattern: re.Pattern[str]
    operations: JSON


class Contract:
    """Judges answers by an OpenAPI document, with its response schemas closed.

    Args:
        document: the OpenAPI document.
    """

    def __init__(self, document: JSON) -> None:
        self.document = _closed(deepcopy(document))
        resource = Resource(contents=self.document, specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource("urn:contract", resource)
        self._judges: dict[str, OAS31Validator] = {}
        self._routes: dict[str, list[Route]] = defaultdict(list)
        for path, item in document["paths"].items():
            self._routes[_first(path)].append(Route(_pattern(path, item), item))
        for routes in self._routes.values():
            routes.sort(key=lambda route: route.pattern.pattern.count("("))

    def check(self, method: str, path: str, response: TestResponse) -> None:
        """Check an answer.

        Args:
            method: of the request.
            path: of the request, percent-decoded.
            response: the answer.

        Raises:
            Undocumented: names what is wrong with it.
        """
        _require(all(name in response.headers for name in ALWAYS), f"lacks one of {sorted(ALWAYS)}")
        if BESIDE.fullmatch(path) and response.status_code == 200:
            return
        self._check_documented(self._answer(method, path, response), method, response)

    def operation(self, method: str, path: str) -> JSON | None:
        """Return the Operation Object that a request reaches; HEAD reaches GET's."""
        name = "get" if method == "HEAD" else method.lower()
        found = (route.operations.get(name) for route in self._matching(path))
        return next((operation for operation in found if operation), None)

    def _matching(self, path: str) -> Iterator[Route]:
        routes = self._routes.get(_first(path), ())
        return (route for route in routes if route.pattern.fullmatch(path))

    def _answer(self, method: str, path: str, response: TestResponse) -> JSON:
        operation = self.operation(method, path)
        status = str(response.status_code)
        if operation is None:
            known = {"405", "404"} if any(self._matching(path)) else {"404"}
            known |= {"405"} if BESIDE.fullmatch(path) else set()
            _require(status in known, f"{status} from {method} {path!r}, which is no operation")
            return self._resolved({"$ref": "#/components/responses/NotFound"})
        name = operation["operationId"]
        _require(status in operation["responses"], f"{name} does not document {status}")
        return self._resolved(operation["responses"][status])

    def _resolved(self, node: JSON) -> JSON:
        if "$ref" not in node:
            return node
        found: JSON = self._registry.resolver("urn:contract").lookup(node["$ref"]).contents
        return found

    def _check_documented(self, answer: JSON, method: str, response: TestResponse) -> None:
        _check_headers(set(answer.get("headers", ())), response)
        content = answer.get("content", {})
        if method == "HEAD" or not content:
            _require(not response.data, "has a body where none is documented")
            return
        _require(response.mimetype in content, f"is {response.mimetype}, not {list(content)}")
        bodies = _bodies(response)
        for body in bodies:
            self.check_body(content[response.mimetype]["schema"], body)

    def check_body(self, schema: JSON, body: object) -> None:
        """Check a body against a schema of the document.

        Raises:
            Undocumented: names the first place that is wrong.
        """
        text = json.dumps(schema)
        if text not in self._judges:
            rooted = json.loads(text.replace('"#/', '"urn:contract#/'))
            self._judges[text] = OAS31Validator(
                rooted, registry=self._registry, format_checker=oas31_format_checker
            )
        for error in self._judges[text].iter_errors(body):
            raise Undocumented(f"{error.json_path}: {error.message}")


def _check_headers(documented: set[str], response: TestResponse) -> None:
    undocumented = [name for name in TELLING if name in response.headers and name not in documented]
    _require(not undocumented, f"carries {undocumented}, which is not documented")
    missing = {name for name in documented if name not in response.headers}
    optional = SOMETIMES - ({"Retry-After"} if response.status_code == 202 else set())
    _require(missing <= optional, f"lacks the header {sorted(missing - optional)}")


def _bodies(response: TestResponse) -> list[Any]:
    """Return what an answer tells: an object, the events of a stream, or a text."""
    if response.mimetype in TEXTS:
        return [response.text]
    return _events(response) if response.mimetype == STREAM else [json.loads(response.data)]


def _events(response: TestResponse) -> list[JSON]:
    """Return the events of a stream by the names of their fields; comments are none."""
    blocks = (block.splitlines() for block in response.text.split("\n\n"))
    fields = [dict(line.split(": ", 1) for line in lines if line[:1] != ":") for lines in blocks]
    return [block for block in fields if "data" in block]


def _require(holds: bool, complaint: str) -> None:  # noqa: FBT001 # an assertion with a sentence
    if not holds:
        raise Undocumented(f"The answer {complaint}.")


def _closed(node: Any) -> Any:  # noqa: ANN401 # JSON
    """Allow no property and no word that is not documented."""
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _closed(value) for key, value in node.items()}
    if isinstance(closed.get("properties"), dict):
        closed.setdefault("additionalProperties", False)
    if "x-extensible-enum" in closed:
        closed["enum"] = [*closed["x-extensible-enum"], None]
    return closed


def _first(path: str) -> str:
    """Return the first segment of a path, which is a word in every path of the contract."""
    return path.split("/", 2)[1] if path.startswith("/") else ""


def _pattern(path: str, item: JSON) -> re.Pattern[str]:
    known = {each["name"]: each["schema"] for each in item.get("parameters", ())}

    def group(match: re.Match[str]) -> str:
        schema = known.get(match[1], {})
        if schema.get("type") == "integer":
            return "([1-9][0-9]*)"
        return f"({schema.get('pattern', '[^/]+').strip('^$')})"

    whole = re.sub(r"\\\{(\w+)\\\}", group, re.escape(path))
    return re.compile(whole, re.ASCII | re.DOTALL)


@cache
def golden_contract() -> Contract:
    """Return what the gateway promises.

    Of the golden file, which a test holds to the code byte for byte; and once, since to make its
    judges takes longer than many a test.
    """
    return Contract(json.loads(DOCUMENT.read_text(encoding="utf-8")))
