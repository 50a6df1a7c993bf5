"""The contract as files, an offline reference page, and the page of all problems.

Swagger UI is served from this package: no request leaves the reader's browser for another
host. There is no inline script or style, so the policy can forbid them.
"""

import json
from collections.abc import Callable, Iterator
from typing import Final

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    render_template,
    send_from_directory,
)

from gateway.errors import GatewayError, SetupError
from gateway.web.contract.document import openapi_document, openapi_yaml
from gateway.web.operation import reference_page

YAML: Final = "application/yaml"
"""RFC 9512."""

PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ASSETS: Final = '"reference.css", "reference.js", "swagger-ui.css", "swagger-ui-bundle.js"'
_BUILT: Final = "spe-gateway-contract"
_WRITERS: Final[dict[str, Callable[[Flask], str]]] = {
    "json": lambda app: json.dumps(openapi_document(app)),
    "yaml": openapi_yaml,
}
_ABSTRACT: Final = frozenset({"RequestError", "UpstreamError", "NotSent"})

blp = Blueprint("docs", __name__, template_folder="templates", static_folder=None, root_path=None)


@blp.get("/openapi.json")
@reference_page("getOpenApiJson")
def openapi_json() -> Response:
    """Answer the contract as JSON."""
    return Response(_built("json"), content_type="application/json")


@blp.get("/openapi.yaml")
@reference_page("getOpenApiYaml")
def openapi_yaml_file() -> Response:
    """Answer the contract as YAML."""
    return Response(_built("yaml"), content_type=YAML)


@blp.get("/docs")
@reference_page("getReference")
def reference() -> Response:
    """Answer the reference page."""
    return _html(render_template("reference.html"))


@blp.get("/docs/problems")
@reference_page("getProblems")
def problems() -> Response:
    """Answer the page that ``type`` of every problem points at."""
    return _html(render_template("problems.html", problems=list(problem_kinds())))


@blp.get(f"/docs/assets/<any({ASSETS}):name>")
@reference_page("getAsset")
def asset(name: str) -> Response:
    """Answer a file of the reference page."""
    folder = "static/swagger-ui" if name.startswith("swagger-ui") else "static"
    response = send_from_directory(f"{blp.root_path}/{folder}", name)
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def problem_kinds() -> Iterator[type[GatewayError]]:
    """Yield every kind of problem that a caller can meet, sorted by its code."""
    kinds = {kind.code: kind for kind in _descendants(GatewayError)}
    yield from (kinds[code] for code in sorted(kinds))


def _built(form: str) -> str:
    """Return the contract, written once: it does not change while the process runs."""
    built: dict[str, str] = current_app.extensions.setdefault(_BUILT, {})
    if form not in built:
        built[form] = _WRITERS[form](current_app)
    return built[form]


def _descendants(kind: type[GatewayError]) -> Iterator[type[GatewayError]]:
    if issubclass(kind, SetupError):
        return
    if kind.__name__ not in _ABSTRACT:
        yield kind
    for below in kind.__subclasses__():
        yield from _descendants(below)


def _html(page: str) -> Response:
    response = Response(page, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    return response


def install_docs(app: Flask) -> None:
    """Serve the documents from the application."""
    app.register_blueprint(blp)
